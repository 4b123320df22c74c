"""Senders that are not plain users, and what people's messages carry."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene, inside

from gmbot.simulator import NotAllowed
from gmbot.simulator.people import ANONYMOUS_ADMIN, CHANNEL_SENDER, TELEGRAM
from gmbot.simulator.rights import ALL_PERMISSIONS


def test_an_anonymous_admin_writes_as_the_group(scene: Scene) -> None:
    """GroupAnonymousBot, with sender_chat equal to the chat."""
    said = scene.world.say(scene.owner, scene.group, anonymous=True).wire
    assert inside(said, "from", "id") == ANONYMOUS_ADMIN
    assert inside(said, "sender_chat", "id") == scene.group
    adam = scene.world.add_user("Adam")
    scene.world.promote(scene.group, adam, scene.owner, anonymous=True)
    assert inside(scene.world.say(adam, scene.group).wire, "from", "id") == ANONYMOUS_ADMIN
    with pytest.raises(NotAllowed):
        scene.world.say(scene.joined(), scene.group, anonymous=True)


def test_a_callback_of_an_anonymous_admin_shows_the_real_user(scene: Scene) -> None:
    """Only messages hide them."""
    keyboard = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    scene.wire("sendMessage", chat_id=scene.group, text="x", reply_markup=keyboard)
    adam = scene.world.add_user("Adam")
    scene.world.promote(scene.group, adam, scene.owner, anonymous=True)
    number = next(message.id for message in scene.world.messages(scene.group) if message.buttons)
    scene.world.tap(adam, scene.group, number, "b")
    assert inside(scene.updates("callback_query")[0], "from", "id") == adam


def test_a_post_is_forwarded_into_the_discussion_group(scene: Scene) -> None:
    """By 777000, with is_automatic_forward; the post itself is a channel_post."""
    scene.world.link_discussion(scene.channel, scene.group)
    post = scene.world.post(scene.channel, "news")
    assert scene.kinds() == ["channel_post", "message"]
    forward = scene.updates()[1]
    assert inside(forward, "from", "id") == TELEGRAM
    assert forward["is_automatic_forward"] is True
    assert inside(forward, "sender_chat", "id") == scene.channel
    assert inside(forward, "forward_origin", "message_id") == post.id
    scene.world.unlink_discussion(scene.channel)
    scene.world.unlink_discussion(scene.channel)
    scene.world.post(scene.channel)
    assert len(scene.updates("message")) == 1


def test_the_bots_own_post_is_forwarded_too(scene: Scene) -> None:
    """It sees the forward, not the post."""
    scene.world.link_discussion(scene.channel, scene.group)
    scene.call("sendMessage", chat_id=scene.channel, text="news")
    assert scene.kinds() == ["message"]


def test_comments_belong_to_the_forwards_thread(scene: Scene) -> None:
    """And can be answered there."""
    scene.world.link_discussion(scene.channel, scene.group)
    scene.world.post(scene.channel)
    root = scene.world.messages(scene.group)[-1].id
    comment = scene.world.say(scene.ann, scene.group, reply_to=root)
    assert comment.thread_id == root
    sent = scene.wire("sendMessage", chat_id=scene.group, text="x", message_thread_id=root)
    assert sent["message_thread_id"] == root


def test_people_comment_without_having_joined(scene: Scene) -> None:
    """Until they are muted, or the group wants members."""
    assert not scene.world.can_speak(scene.ann, scene.group)
    scene.world.link_discussion(scene.channel, scene.group)
    assert scene.world.can_speak(scene.ann, scene.group)
    assert scene.wire("getChatMember", chat_id=scene.group, user_id=scene.ann)["status"] == "left"
    scene.mute(scene.ann)
    assert not scene.world.can_speak(scene.ann, scene.group)
    scene.world.unmute(scene.group, scene.ann, scene.owner)
    scene.world.place(scene.group).join_to_send = True
    assert not scene.world.can_speak(scene.ann, scene.group)


def test_a_user_may_write_as_their_channel(scene: Scene) -> None:
    """136817688, with that channel as sender_chat."""
    anns = scene.world.create_channel(scene.joined(), "Ann's")
    said = scene.world.say(scene.ann, scene.group, sender_chat=anns).wire
    assert inside(said, "from", "id") == CHANNEL_SENDER
    assert inside(said, "sender_chat", "id") == anns
    with pytest.raises(NotAllowed):
        scene.world.say(scene.ann, scene.group, sender_chat=scene.channel)


def test_an_album_is_many_messages_with_one_id(scene: Scene) -> None:
    """Photos, the caption on one."""
    scene.joined()
    said = [
        scene.world.say(scene.ann, scene.group, text, photo=True, media_group_id="7") for text in ("look", "")
    ]
    assert [message.wire["media_group_id"] for message in said] == ["7", "7"]
    assert [message.text for message in said] == ["look", ""]
    assert scene.world.post(scene.channel, "album", media_group_id="8").wire["photo"]


def test_forwards_and_inline_results_say_where_they_come_from(scene: Scene) -> None:
    """forward_origin and via_bot."""
    said = scene.world.say(
        scene.joined(), scene.group, forward_from_channel=scene.channel, via_bot=scene.bot
    ).wire
    assert inside(said, "forward_origin", "chat", "id") == scene.channel
    assert inside(said, "via_bot", "id") == scene.bot


def test_any_content_can_be_said(scene: Scene) -> None:
    """Fields of Message in place of a text."""
    said = scene.world.say(scene.joined(), scene.group, content={"dice": {"emoji": "🎲", "value": 6}})
    assert "text" not in said.wire
    assert scene.updates("message")[0]["dice"] == {"emoji": "🎲", "value": 6}


def test_who_cannot_speak_is_told_so(scene: Scene) -> None:
    """Outside, muted, banned, without photos, in a channel, in a group that is gone."""
    basic = scene.world.create_group(scene.owner, "Small")
    scene.world.migrate(basic)
    with pytest.raises(NotAllowed, match="not in the chat"):
        scene.world.say(scene.ann, scene.group)
    scene.joined()
    with pytest.raises(NotAllowed, match="only administrators post"):
        scene.world.post(scene.channel, by=scene.ann)
    scene.world.set_default_permissions(scene.group, ALL_PERMISSIONS - {"can_send_photos"})
    with pytest.raises(NotAllowed, match="muted"):
        scene.world.say(scene.ann, scene.group, photo=True)
    scene.world.ban(scene.group, scene.ann, scene.owner)
    with pytest.raises(NotAllowed, match="banned"):
        scene.world.say(scene.ann, scene.group)
    with pytest.raises(NotAllowed, match="gone"):
        scene.world.say(scene.owner, basic)
    with pytest.raises(NotAllowed, match="only channels"):
        scene.world.post(scene.group)
    with pytest.raises(NotAllowed, match="no message"):
        scene.world.say(scene.owner, scene.group, reply_to=999)


def test_commands_carry_their_entity(scene: Scene) -> None:
    """Also in captions."""
    said = scene.world.say(scene.joined(), scene.group, "/protect@gate_bot @news")
    entities = said.wire["entities"]
    assert isinstance(entities, list)
    assert entities[0] == {"type": "bot_command", "offset": 0, "length": 17}
