"""Private chats, taps and ephemeral messages."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene, inside, statuses

from gmbot.simulator import Knobs, NotAllowed
from gmbot.simulator.members import Wire

KEYBOARD = {"inline_keyboard": [[{"text": "Verify", "callback_data": "v"}]]}
TOO_OLD = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"


def test_a_deep_link_arrives_as_the_start_commands_payload(scene: Scene) -> None:
    """t.me/bot?start=payload."""
    scene.world.start_private(scene.ann, scene.bot, "g_5")
    (message,) = scene.updates("message")
    assert message["text"] == "/start g_5"
    assert inside(message, "chat", "type") == "private"
    assert inside(message, "chat", "id") == scene.ann


def test_a_conversation_has_two_sides(scene: Scene) -> None:
    """Readable by the user's id, or as a dialogue."""
    scene.world.start_private(scene.ann, scene.bot)
    scene.world.say(scene.ann, scene.bot, "hi")
    scene.call("sendMessage", chat_id=scene.ann, text="hello")
    texts = ["/start", "hi", "hello"]
    assert [message.text for message in scene.world.messages(scene.ann)] == texts
    assert [message.text for message in scene.world.dialogue(scene.ann, scene.bot)] == texts
    assert scene.world.message(scene.ann, 2, bot=scene.bot) is not None
    assert scene.world.messages(scene.owner) == []


def test_with_several_bots_the_bot_must_be_named(scene: Scene) -> None:
    """A user's id alone is ambiguous then."""
    other = scene.world.add_bot("43:x", "other_bot")
    for bot in (scene.bot, other):
        scene.world.start_private(scene.ann, bot)
    with pytest.raises(NotAllowed):
        scene.world.messages(scene.ann)
    assert len(scene.world.messages(scene.ann, bot=other)) == 1


def test_blocking_is_my_chat_member_from_member_to_kicked(scene: Scene) -> None:
    """And starting again is the way back."""
    scene.world.start_private(scene.ann, scene.bot)
    scene.forget()
    scene.world.block(scene.ann, scene.bot)
    scene.world.block(scene.ann, scene.bot)
    with pytest.raises(NotAllowed):
        scene.world.say(scene.ann, scene.bot)
    scene.world.start_private(scene.ann, scene.bot)
    assert scene.kinds() == ["my_chat_member", "my_chat_member", "message"]
    blocked, back, _ = scene.updates()
    assert (statuses(blocked), statuses(back)) == (("member", "kicked"), ("kicked", "member"))


def test_get_chat_of_a_private_chat(scene: Scene) -> None:
    """The user's names."""
    scene.world.start_private(scene.ann, scene.bot)
    info = scene.wire("getChat", chat_id=scene.ann)
    assert (info["type"], info["first_name"], info["username"]) == ("private", "Ann", "ann")


def prompt(scene: Scene) -> int:
    """The id of a message with a Verify button in the group."""
    scene.call("sendMessage", chat_id=scene.group, text="join", reply_markup=KEYBOARD)
    return scene.world.messages(scene.group)[-1].id


def test_a_tap_is_a_callback_query_to_the_messages_author(scene: Scene) -> None:
    """With the whole message, from a muted user too."""
    number = prompt(scene)
    scene.mute(scene.joined())
    scene.forget()
    query = scene.world.tap(scene.ann, scene.group, number, "v")
    (update,) = scene.updates("callback_query")
    assert (update["id"], update["data"]) == (query, "v")
    assert inside(update, "from", "id") == scene.ann
    assert inside(update, "message", "message_id") == number
    assert update["chat_instance"]


def test_an_answer_is_shown_to_the_tapper(scene: Scene) -> None:
    """Text, alert, link and time are readable."""
    query = scene.world.tap(scene.ann, scene.group, prompt(scene), "v")
    asked = {"callback_query_id": query, "text": "Welcome", "show_alert": "true", "url": "t.me/x?start=1"}
    assert scene.call("answerCallbackQuery", **asked) is True
    answered = scene.world.callback(query)
    assert (answered.text, answered.show_alert, answered.url) == ("Welcome", True, "t.me/x?start=1")
    assert answered.answered_at == scene.clock.now()


def test_an_answer_comes_once_and_in_time(scene: Scene) -> None:
    """15 seconds; an unknown id fails alike."""
    first, second = (scene.world.tap(scene.ann, scene.group, prompt(scene), "v") for _ in range(2))
    scene.call("answerCallbackQuery", callback_query_id=first)
    assert scene.refusal("answerCallbackQuery", callback_query_id=first) == TOO_OLD
    scene.clock.set(scene.clock.now() + 15.5)
    assert scene.refusal("answerCallbackQuery", callback_query_id=second) == TOO_OLD
    assert scene.refusal("answerCallbackQuery", callback_query_id="5") == TOO_OLD


def test_a_queries_answer_is_its_own_bots_business(scene: Scene) -> None:
    """Another bot's token gets the same error; a text has at most 200 characters."""
    query = scene.world.tap(scene.ann, scene.group, prompt(scene), "v")
    scene.world.add_bot("43:x", "other_bot")
    with pytest.raises(Exception, match="too old"):
        scene.api.call("43:x", "answerCallbackQuery", {"callback_query_id": query})
    refusal = scene.refusal("answerCallbackQuery", callback_query_id=query, text="x" * 201)
    assert refusal == "400 Bad Request: MESSAGE_TOO_LONG"
    assert scene.call("answerCallbackQuery", callback_query_id=query, text="x" * 200) is True


def test_only_buttons_that_exist_are_tapped(scene: Scene) -> None:
    """Not on a message without any."""
    number = prompt(scene)
    with pytest.raises(NotAllowed):
        scene.world.tap(scene.ann, scene.group, number, "other")
    with pytest.raises(NotAllowed):
        scene.world.tap(scene.ann, scene.group, 999, "v")


def test_only_so_many_taps_are_remembered() -> None:
    """Older ones cannot be answered."""
    scene = Scene(Knobs(callbacks_kept=1))
    number = prompt(scene)
    first = scene.world.tap(scene.ann, scene.group, number, "v")
    scene.world.tap(scene.ann, scene.group, number, "v")
    assert scene.refusal("answerCallbackQuery", callback_query_id=first) == TOO_OLD


def whisper(scene: Scene, receiver: int, **more: object) -> Wire:
    """Send an ephemeral message to the group."""
    return scene.wire(
        "sendMessage",
        chat_id=scene.group,
        text="only you",
        ephemeral_message_parameters={"receiver_user_id": receiver},
        **more,
    )


def test_an_ephemeral_message_is_seen_by_its_receiver_alone(scene: Scene) -> None:
    """message_id is 0; the chat's history does not hold it."""
    sent = whisper(scene, scene.joined())
    assert (sent["message_id"], sent["ephemeral_message_id"]) == (0, 1)
    assert inside(sent, "receiver_user", "id") == scene.ann
    assert [message.text for message in scene.world.whispers(scene.ann, scene.group)] == ["only you"]
    assert scene.world.whispers(scene.owner, scene.group) == []
    assert all(message.text != "only you" for message in scene.world.messages(scene.group))


def test_ephemeral_messages_are_edited_tapped_and_deleted_by_their_own_methods(scene: Scene) -> None:
    """They are named by chat, receiver and ephemeral id."""
    sent = whisper(scene, scene.joined(), reply_markup=KEYBOARD)
    place = {
        "chat_id": scene.group,
        "receiver_user_id": scene.ann,
        "ephemeral_message_id": sent["ephemeral_message_id"],
    }
    scene.world.tap_whisper(scene.ann, scene.group, 1, "v")
    assert inside(scene.updates("callback_query")[0], "message", "ephemeral_message_id") == 1
    assert scene.call("editEphemeralMessageText", text="changed", reply_markup=KEYBOARD, **place) is True
    assert scene.call("editEphemeralMessageReplyMarkup", **place) is True
    (seen,) = scene.world.whispers(scene.ann, scene.group)
    assert (seen.text, seen.buttons) == ("changed", [])
    assert "empty" in scene.refusal("editEphemeralMessageText", text="", **place)
    assert scene.call("deleteEphemeralMessage", **place) is True
    assert "not found" in scene.refusal("deleteEphemeralMessage", **place)
    with pytest.raises(NotAllowed):
        scene.world.tap_whisper(scene.ann, scene.group, 1, "v")


def test_ephemeral_messages_need_an_admin_bot_and_a_member(scene: Scene) -> None:
    """In a group; without being admin only in answer to a tap."""

    def refused(chat: int, parameters: Wire) -> str:
        return scene.refusal("sendMessage", chat_id=chat, text="x", ephemeral_message_parameters=parameters)

    to_ann: Wire = {"receiver_user_id": scene.ann}
    assert refused(scene.group, to_ann).endswith("USER_NOT_PARTICIPANT")
    assert refused(scene.group, {"receiver_user_id": 5}).endswith("user not found")
    assert "invalid receiver_user_id" in refused(scene.group, {})
    assert "only in groups" in refused(scene.channel, to_ann)
    scene.joined()
    scene.world.demote(scene.group, scene.bot, scene.owner)
    assert "not enough rights" in refused(scene.group, to_ann)
    answering = to_ann | {"callback_query_id": "1"}
    assert scene.call("sendMessage", chat_id=scene.group, text="x", ephemeral_message_parameters=answering)


def test_old_ephemeral_messages_expire() -> None:
    """As many are kept as of other messages."""
    scene = Scene(Knobs(history_limit=2))
    scene.joined()
    for _ in range(3):
        whisper(scene, scene.ann)
    numbers = [
        message.wire["ephemeral_message_id"] for message in scene.world.whispers(scene.ann, scene.group)
    ]
    assert numbers == [2, 3]
