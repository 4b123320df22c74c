"""sendMessage and its kin."""

from __future__ import annotations

import json

import pytest
from tests.unit.simulator.scene import MUTE, Scene, inside

from gmbot.simulator import Knobs
from gmbot.simulator.members import Wire
from gmbot.simulator.rights import ALL_PERMISSIONS


def send(scene: Scene, text: str = "hello", **more: object) -> Wire:
    """Send a text to the group."""
    return scene.wire("sendMessage", **{"chat_id": scene.group, "text": text, **more})


def refused(scene: Scene, **more: object) -> str:
    """The description a text to the group is refused with."""
    return scene.refusal("sendMessage", **{"chat_id": scene.group, "text": "x", **more})


def test_a_sent_message_is_in_the_chat_and_no_update_to_its_sender(scene: Scene) -> None:
    """The answer is the Message."""
    sent = send(scene)
    assert scene.world.messages(scene.group)[-1].wire == sent
    assert inside(sent, "from", "id") == scene.bot
    assert scene.updates() == []


def test_bots_do_not_see_each_others_messages(scene: Scene) -> None:
    """In groups."""
    other = scene.world.add_bot("43:x", "other_bot")
    scene.world.add_bot_to_chat(scene.group, other, scene.owner)
    sent = send(scene)
    scene.call("editMessageText", chat_id=scene.group, message_id=sent["message_id"], text="b")
    kinds = [entry.kind for entry in scene.world.bots[other].mailbox.pending()]
    assert kinds == ["my_chat_member", "message"]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_text_is_refused(scene: Scene, text: str) -> None:
    """White space is empty."""
    assert refused(scene, text=text) == "400 Bad Request: message text is empty"


def test_4096_characters_are_the_most_after_parsing(scene: Scene) -> None:
    """Markup does not count."""
    assert len(str(send(scene, f"<b>{'x' * 4096}</b>", parse_mode="HTML")["text"])) == 4096
    assert refused(scene, text="x" * 4097) == "400 Bad Request: message is too long"


def test_an_unknown_parse_mode_is_refused(scene: Scene) -> None:
    """Known ones are in any case of letters."""
    assert refused(scene, parse_mode="BBCode") == "400 Bad Request: unsupported parse_mode"
    assert send(scene, "<i>a</i>", parse_mode="html")["text"] == "a"


def test_a_muted_bot_cannot_write(scene: Scene) -> None:
    """The description says so."""
    scene.world.demote(scene.group, scene.bot, scene.owner)
    scene.world.set_default_permissions(scene.group, ALL_PERMISSIONS - {"can_send_messages"})
    assert refused(scene) == "400 Bad Request: not enough rights to send text messages to the chat"


def test_a_photo_needs_its_own_permission(scene: Scene) -> None:
    """And a photo."""
    scene.world.demote(scene.group, scene.bot, scene.owner)
    scene.world.set_default_permissions(scene.group, ALL_PERMISSIONS - {"can_send_photos"})
    refusal = scene.refusal("sendPhoto", chat_id=scene.group, photo="f")
    assert refusal == "400 Bad Request: not enough rights to send photos to the chat"
    assert "no photo" in scene.refusal("sendPhoto", chat_id=scene.group)


def test_a_photo_has_sizes_and_a_caption(scene: Scene) -> None:
    """Of at most 1,024 characters."""
    photo = scene.wire("sendPhoto", chat_id=scene.group, photo="f", caption="<b>a</b>", parse_mode="HTML")
    assert photo["caption"] == "a"
    assert photo["caption_entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    asked = {"chat_id": scene.group, "photo": "f", "caption": "x" * 1025}
    assert scene.refusal("sendPhoto", **asked).endswith("message caption is too long")
    edited = scene.wire(
        "editMessageCaption", chat_id=scene.group, message_id=photo["message_id"], caption="@someone"
    )
    assert edited["caption"] == "@someone"
    bare = scene.wire("editMessageCaption", chat_id=scene.group, message_id=photo["message_id"])
    assert "caption" not in bare
    assert scene.wire("sendPhoto", chat_id=scene.group, photo="f").get("caption") is None


def test_a_channel_needs_the_right_to_post(scene: Scene) -> None:
    """A post is from the channel, not from the bot."""
    post = send(scene, chat_id=scene.channel)
    assert "from" not in post
    assert inside(post, "sender_chat", "id") == scene.channel
    scene.without(scene.channel, "can_post_messages")
    refusal = refused(scene, chat_id=scene.channel)
    assert refusal == "400 Bad Request: need administrator rights in the channel chat"


def test_a_reply_carries_what_it_answers_one_level_deep(scene: Scene) -> None:
    """And, in a supergroup, the thread it belongs to."""
    first = send(scene)
    second = send(scene, reply_parameters={"message_id": first["message_id"]})
    third = send(scene, reply_parameters=json.dumps({"message_id": second["message_id"]}))
    assert inside(second, "reply_to_message", "message_id") == first["message_id"]
    assert second["message_thread_id"] == third["message_thread_id"] == first["message_id"]
    assert "is_topic_message" not in second
    nested = third["reply_to_message"]
    assert isinstance(nested, dict)
    assert "reply_to_message" not in nested


def test_a_reply_to_nothing_is_refused_unless_allowed(scene: Scene) -> None:
    """allow_sending_without_reply sends it plainly."""
    refusal = refused(scene, reply_parameters={"message_id": 999})
    assert refusal == "400 Bad Request: message to be replied not found"
    lenient = {"message_id": 999, "allow_sending_without_reply": True}
    assert "reply_to_message" not in send(scene, reply_parameters=lenient)
    assert "reply_to_message" not in send(scene, reply_to_message_id=999, allow_sending_without_reply=True)


def test_the_thread_of_a_plain_reply_is_no_address(scene: Scene) -> None:
    """Sending to it outside forums fails, unless the knob says otherwise."""
    first = send(scene)
    refusal = refused(scene, message_thread_id=first["message_id"])
    assert refusal == "400 Bad Request: message thread not found"
    lenient = Scene(Knobs(reply_threads_addressable=True))
    thread = send(lenient)["message_id"]
    assert send(lenient, message_thread_id=thread)["message_thread_id"] == thread


def test_options_are_kept(scene: Scene) -> None:
    """Those that show in the Message."""
    sent = send(
        scene,
        link_preview_options={"is_disabled": True},
        protect_content=True,
        disable_notification=True,
        reply_markup={"keyboard": [[{"text": "a"}]]},
    )
    assert sent["link_preview_options"] == {"is_disabled": True}
    assert sent["has_protected_content"] is True
    assert "reply_markup" not in sent


def test_an_anonymous_bot_writes_as_the_group(scene: Scene) -> None:
    """Its messages come from GroupAnonymousBot."""
    scene.world.promote(scene.group, scene.bot, scene.owner, anonymous=True)
    assert inside(send(scene), "sender_chat", "id") == scene.group


def test_copies_lose_their_origin_and_forwards_keep_it(scene: Scene) -> None:
    """From a channel, from a user, and from a forward."""
    post = scene.world.post(scene.channel, "news")
    asked = {"chat_id": scene.group, "from_chat_id": scene.channel, "message_id": post.id}
    copied = scene.wire("copyMessage", **asked)
    assert list(copied) == ["message_id"]
    forwarded = scene.wire("forwardMessage", **asked)
    assert inside(forwarded, "forward_origin", "type") == "channel"
    again = scene.wire(
        "forwardMessage", **asked | {"from_chat_id": scene.group, "message_id": copied["message_id"]}
    )
    assert inside(again, "forward_origin", "type") == "user"
    twice = scene.wire(
        "forwardMessage", chat_id=scene.group, from_chat_id=scene.group, message_id=forwarded["message_id"]
    )
    assert twice["forward_origin"] == forwarded["forward_origin"]
    assert "not found" in scene.refusal("copyMessage", **asked | {"message_id": 99})


def test_a_chat_action_needs_a_voice_and_an_action(scene: Scene) -> None:
    """Nobody sees it here."""
    assert scene.call("sendChatAction", chat_id=scene.group, action="typing") is True
    assert "action" in scene.refusal("sendChatAction", chat_id=scene.group)


def test_a_reaction_needs_its_message(scene: Scene) -> None:
    """Nobody sees it here."""
    sent = send(scene)
    assert scene.call("setMessageReaction", chat_id=scene.group, message_id=sent["message_id"]) is True
    assert "not found" in scene.refusal("setMessageReaction", chat_id=scene.group, message_id=99)


@pytest.mark.parametrize(
    ("prepare", "refusal"),
    [
        ("nothing", "403 Forbidden: bot can't initiate conversation with a user"),
        ("block", "403 Forbidden: bot was blocked by the user"),
        ("deactivate", "403 Forbidden: user is deactivated"),
    ],
)
def test_private_chats_are_opened_by_the_user(scene: Scene, prepare: str, refusal: str) -> None:
    """And closed by them."""
    if prepare != "nothing":
        scene.world.start_private(scene.ann, scene.bot)
    if prepare == "block":
        scene.world.block(scene.ann, scene.bot)
    if prepare == "deactivate":
        scene.world.deactivate(scene.ann)
    assert refused(scene, chat_id=scene.ann) == refusal


def test_bots_do_not_write_to_bots(scene: Scene) -> None:
    """Not even to themselves."""
    assert refused(scene, chat_id=scene.bot) == "403 Forbidden: bots can't send messages to bots"


def test_a_mute_of_somebody_else_does_not_silence_the_bot(scene: Scene) -> None:
    """setChatPermissions spares administrators."""
    scene.call("setChatPermissions", chat_id=scene.group, permissions=MUTE)
    assert send(scene)["text"] == "hello"
