"""Editing, deleting and pinning."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene

from gmbot.simulator import Knobs, NotAllowed

DAY_S = 86_400
NOT_MODIFIED = (
    "400 Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
KEYBOARD = {"inline_keyboard": [[{"text": "Verify", "callback_data": "v"}]]}


def sent(scene: Scene, chat: int | None = None, **more: object) -> dict[str, object]:
    """The arguments that name a message which the bot just sent."""
    where = scene.group if chat is None else chat
    message = scene.wire("sendMessage", chat_id=where, text="a", **more)
    return {"chat_id": where, "message_id": message["message_id"]}


def test_an_edit_replaces_text_and_keyboard(scene: Scene) -> None:
    """A keyboard not given is taken away."""
    place = sent(scene, reply_markup=KEYBOARD)
    edited = scene.wire("editMessageText", text="<b>b</b>", parse_mode="HTML", **place)
    assert edited["text"] == "b"
    assert "reply_markup" not in edited
    assert edited["edit_date"] == int(scene.clock.now())


def test_an_edit_to_the_same_is_refused(scene: Scene) -> None:
    """Text and keyboard both count."""
    place = sent(scene, reply_markup=KEYBOARD)
    assert scene.refusal("editMessageText", text="a", reply_markup=KEYBOARD, **place) == NOT_MODIFIED
    assert scene.refusal("editMessageReplyMarkup", reply_markup=KEYBOARD, **place) == NOT_MODIFIED
    scene.call("editMessageReplyMarkup", **place)
    assert scene.refusal("editMessageText", text="a", **place) == NOT_MODIFIED


def test_an_edit_to_the_same_is_refused_after_an_edit_too(scene: Scene) -> None:
    """The date of the last edit is no content."""
    place = sent(scene)
    scene.call("editMessageText", text="b", **place)
    scene.clock.set(scene.clock.now() + 5)
    assert scene.refusal("editMessageText", text="b", **place) == NOT_MODIFIED


def test_only_ones_own_messages_are_edited(scene: Scene) -> None:
    """A missing one is another error."""
    said = scene.world.say(scene.joined(), scene.group)
    asked = {"chat_id": scene.group, "text": "x"}
    refusal = scene.refusal("editMessageText", message_id=said.id, **asked)
    assert refusal == "400 Bad Request: message can't be edited"
    refusal = scene.refusal("editMessageText", message_id=999, **asked)
    assert refusal == "400 Bad Request: message to edit not found"
    refusal = scene.refusal("editMessageText", message_id=999, chat_id=scene.group, text=" ")
    assert refusal == "400 Bad Request: message text is empty"


def test_a_photo_has_no_text_to_edit(scene: Scene) -> None:
    """It has a caption."""
    photo = scene.wire("sendPhoto", chat_id=scene.group, photo="f", caption="c")
    refusal = scene.refusal("editMessageText", chat_id=scene.group, message_id=photo["message_id"], text="x")
    assert refusal == "400 Bad Request: there is no text in the message to edit"


def test_in_channels_others_posts_can_be_edited_with_the_right(scene: Scene) -> None:
    """can_edit_messages."""
    post = scene.world.post(scene.channel)
    edited = scene.wire("editMessageText", chat_id=scene.channel, message_id=post.id, text="x")
    assert edited["text"] == "x"


def test_a_persons_edit_is_an_edited_message(scene: Scene) -> None:
    """In channels an edited_channel_post."""
    said = scene.world.say(scene.joined(), scene.group, "a", photo=True)
    post = scene.world.post(scene.channel, "news")
    scene.forget()
    scene.world.edit(scene.ann, scene.group, said.id, "join @spam_me")
    scene.world.edit(scene.owner, scene.channel, post.id, "old news")
    assert scene.kinds() == ["edited_message", "edited_channel_post"]
    assert scene.updates()[0]["caption"] == "join @spam_me"
    with pytest.raises(NotAllowed):
        scene.world.edit(scene.owner, scene.group, said.id, "x")


def test_a_deleted_message_is_gone(scene: Scene) -> None:
    """Deleting it again says so."""
    place = sent(scene)
    assert scene.call("deleteMessage", **place) is True
    assert scene.refusal("deleteMessage", **place) == "400 Bad Request: message to delete not found"


def test_others_messages_need_the_right(scene: Scene) -> None:
    """Its own do not."""
    said = scene.world.say(scene.joined(), scene.group)
    own = sent(scene)
    scene.without(scene.group, "can_delete_messages")
    refusal = scene.refusal("deleteMessage", chat_id=scene.group, message_id=said.id)
    assert refusal == "400 Bad Request: message can't be deleted"
    assert scene.call("deleteMessage", **own) is True


def test_after_48_hours_nothing_is_deleted(scene: Scene) -> None:
    """Not even its own."""
    place = sent(scene)
    scene.clock.set(scene.clock.now() + 2 * DAY_S)
    assert scene.refusal("deleteMessage", **place) == "400 Bad Request: message can't be deleted"


def test_private_messages_of_both_sides_are_deletable(scene: Scene) -> None:
    """By the bot."""
    said = scene.world.start_private(scene.ann, scene.bot)
    assert scene.call("deleteMessage", chat_id=scene.ann, message_id=said.id) is True


def test_many_are_deleted_and_missing_ones_skipped(scene: Scene) -> None:
    """Ids may come as JSON text."""
    scene.joined()
    said = [scene.world.say(scene.ann, scene.group).id for _ in range(3)]
    scene.call("deleteMessages", chat_id=scene.group, message_ids=[*said[:2], 998, 999])
    assert scene.world.messages(scene.group)[-1].id == said[2]
    assert scene.call("deleteMessages", chat_id=scene.group, message_ids=f"[{said[2]}]") is True


def test_one_undeletable_id_fails_them_all(scene: Scene) -> None:
    """And nothing is deleted."""
    said = scene.world.say(scene.joined(), scene.group)
    scene.without(scene.group, "can_delete_messages")
    own = sent(scene)["message_id"]
    refusal = scene.refusal("deleteMessages", chat_id=scene.group, message_ids=[own, said.id])
    assert refusal == "400 Bad Request: message can't be deleted"
    assert scene.world.message(scene.group, said.id) is not None


@pytest.mark.parametrize("ids", [[], None, list(range(101))])
def test_between_one_and_a_hundred_ids(scene: Scene, ids: object) -> None:
    """Neither none nor more."""
    assert "message identifiers" in scene.refusal("deleteMessages", chat_id=scene.group, message_ids=ids)


def test_people_delete_their_own_and_admins_any(scene: Scene) -> None:
    """No update tells of it."""
    said = [scene.world.say(scene.joined(), scene.group).id for _ in range(2)]
    ben = scene.world.add_user("Ben")
    scene.forget()
    with pytest.raises(NotAllowed):
        scene.world.delete(ben, scene.group, said[0])
    scene.world.delete(scene.ann, scene.group, said[0])
    scene.world.delete(scene.owner, scene.group, said[1])
    assert scene.updates() == []


def test_history_is_bounded(scene: Scene) -> None:
    """Older messages are as if deleted."""
    small = Scene(Knobs(history_limit=3))
    small.joined()
    said = [small.world.say(small.ann, small.group).id for _ in range(5)]
    assert [message.id for message in small.world.messages(small.group)] == said[2:]


def test_a_pin_leaves_a_service_message_that_the_bot_sees(scene: Scene) -> None:
    """Once; pinning it again tells nothing."""
    place = sent(scene)
    for _ in range(2):
        assert scene.call("pinChatMessage", **place) is True
    assert len(scene.updates("message")) == 1
    assert "pinned_message" in scene.updates()[0]


def test_unpinning_takes_the_named_or_the_newest(scene: Scene) -> None:
    """Or all."""
    first, second, third = (sent(scene) for _ in range(3))
    for place in (first, second, third):
        scene.call("pinChatMessage", **place)
    scene.call("unpinChatMessage", **first)
    scene.call("unpinChatMessage", chat_id=scene.group)
    assert scene.world.place(scene.group).pinned == [second["message_id"]]
    assert "not found" in scene.refusal("unpinChatMessage", **first)
    scene.call("unpinAllChatMessages", chat_id=scene.group)
    assert scene.call("unpinChatMessage", chat_id=scene.group) is True


def test_pinning_needs_the_right_for_that_type_of_chat(scene: Scene) -> None:
    """can_pin_messages in groups, can_edit_messages in channels, none in private."""
    place, post = sent(scene), sent(scene, scene.channel)
    scene.world.start_private(scene.ann, scene.bot)
    assert scene.call("pinChatMessage", **sent(scene, scene.ann)) is True
    scene.without(scene.group, "can_pin_messages")
    scene.without(scene.channel, "can_edit_messages")
    text = "400 Bad Request: not enough rights to manage pinned messages in the chat"
    assert scene.refusal("pinChatMessage", **place) == text
    assert scene.refusal("pinChatMessage", **post) == text
    assert "not found" in scene.refusal("pinChatMessage", chat_id=scene.group, message_id=999)
