"""Forum topics."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene, inside

from gmbot.simulator import NotAllowed


@pytest.fixture
def forum() -> Scene:
    """A stage whose group is a forum."""
    return Scene(forum=True)


def test_the_chat_says_it_is_a_forum(forum: Scene) -> None:
    """In every message and in getChat."""
    said = forum.world.say(forum.owner, forum.group)
    assert inside(said.wire, "chat", "is_forum") is True
    assert forum.wire("getChat", chat_id=forum.group)["is_forum"] is True


def test_general_has_no_thread(forum: Scene) -> None:
    """Neither in nor out."""
    assert "message_thread_id" not in forum.world.say(forum.owner, forum.group, thread_id=1).wire
    assert "message_thread_id" not in forum.wire("sendMessage", chat_id=forum.group, text="x")


@pytest.mark.parametrize("thread", [1, 777])
def test_naming_general_or_a_missing_topic_is_refused(forum: Scene, thread: int) -> None:
    """`message thread not found`."""
    refusal = forum.refusal("sendMessage", chat_id=forum.group, text="x", message_thread_id=thread)
    assert refusal == "400 Bad Request: message thread not found"


def test_a_topics_messages_reply_to_the_one_that_created_it(forum: Scene) -> None:
    """And carry its id and is_topic_message."""
    topic = forum.world.create_topic(forum.group, forum.owner, "Offers")
    said = forum.world.say(forum.owner, forum.group, thread_id=topic)
    assert said.thread_id == topic
    assert said.wire["is_topic_message"] is True
    assert inside(said.wire, "reply_to_message", "forum_topic_created", "name") == "Offers"
    answer = forum.wire(
        "sendMessage", chat_id=forum.group, text="x", reply_parameters={"message_id": said.id}
    )
    assert answer["message_thread_id"] == topic
    sent = forum.wire("sendMessage", chat_id=forum.group, text="x", message_thread_id=topic)
    assert sent["message_thread_id"] == topic


def test_a_reply_in_general_has_no_thread(forum: Scene) -> None:
    """Unlike in ordinary supergroups."""
    said = forum.world.say(forum.owner, forum.group)
    answer = forum.wire(
        "sendMessage", chat_id=forum.group, text="x", reply_parameters={"message_id": said.id}
    )
    assert "message_thread_id" not in answer


def test_a_closed_topic_takes_no_messages_without_the_right(forum: Scene) -> None:
    """can_manage_topics writes anyway."""
    made = forum.wire("createForumTopic", chat_id=forum.group, name="Offers")
    place = {"chat_id": forum.group, "message_thread_id": made["message_thread_id"]}
    assert forum.call("closeForumTopic", **place) is True
    assert forum.refusal("closeForumTopic", **place).endswith("TOPIC_NOT_MODIFIED")
    assert forum.call("sendMessage", text="x", **place)
    forum.without(forum.group, "can_manage_topics")
    assert forum.refusal("sendMessage", text="x", **place) == "400 Bad Request: TOPIC_CLOSED"
    assert "not enough rights" in forum.refusal("reopenForumTopic", **place)
    forum.world.place(forum.group).general_closed = True
    assert forum.refusal("sendMessage", chat_id=forum.group, text="x").endswith("TOPIC_CLOSED")


def test_topics_are_checked(forum: Scene) -> None:
    """Name, number, and that it is a forum at all."""
    made = forum.wire("createForumTopic", chat_id=forum.group, name="Offers")
    place = {"chat_id": forum.group, "message_thread_id": made["message_thread_id"]}
    assert forum.refusal("reopenForumTopic", **place).endswith("TOPIC_NOT_MODIFIED")
    forum.call("closeForumTopic", **place)
    assert forum.call("reopenForumTopic", **place) is True
    assert forum.refusal("createForumTopic", chat_id=forum.group).endswith("TOPIC_TITLE_EMPTY")
    assert "not found" in forum.refusal("closeForumTopic", chat_id=forum.group, message_thread_id=9)
    plain = Scene()
    assert "not a forum" in plain.refusal("createForumTopic", chat_id=plain.group, name="x")
    with pytest.raises(NotAllowed):
        plain.world.create_topic(plain.group, plain.owner, "x")
