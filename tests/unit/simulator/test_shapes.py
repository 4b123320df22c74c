"""Whatever the simulator emits parses under strict models of Bot API 10.3."""

from __future__ import annotations

from typing import Any

from aiogram.types import Chat, ChatFullInfo, ChatInviteLink, Message, Update, User, WebhookInfo
from pydantic import BaseModel, TypeAdapter
from tests.unit.simulator.scene import MUTE, Scene

from gmbot.simulator.rights import ALL_PERMISSIONS

KEYBOARD = {"inline_keyboard": [[{"text": "Verify", "callback_data": "v"}]]}


def extras(model: object, path: str = "") -> list[str]:
    """The fields that a strict model did not know, by their path."""
    found: list[str] = []
    if isinstance(model, BaseModel):
        found += [f"{path}.{name}" for name in model.model_extra or {}]
        for name in type(model).model_fields:
            found += extras(getattr(model, name, None), f"{path}.{name}")
    elif isinstance(model, list):
        for item in model:
            found += extras(item, path)
    return found


def strictly(kind: Any, wire: object) -> None:
    """The object parses, and has no field the model does not know."""
    assert extras(TypeAdapter(kind).validate_python(wire)) == []


def play(scene: Scene) -> None:
    """Let every kind of thing happen once."""
    world, group, channel = scene.world, scene.group, scene.channel
    world.link_discussion(channel, group)
    world.subscribe(scene.ann, channel)
    world.join(scene.ann, group)
    said = world.say(scene.ann, group, "/start@gate_bot @ann #x https://t.me", forward_from_channel=channel)
    world.edit(scene.ann, group, said.id, "edited")
    world.say(scene.ann, group, "cap @someone", photo=True, media_group_id="1", reply_to=said.id)
    world.say(scene.owner, group, anonymous=True)
    world.say(scene.owner, group, sender_chat=channel)
    world.post(channel, "news", media_group_id="5")
    world.edit(scene.owner, channel, world.post(channel).id, "more")
    scene.mute(scene.ann, until_date=int(scene.clock.now()) + 100)
    world.leave(scene.ann, group)
    world.join(scene.ann, group, via_invite_link=world.create_invite(group, scene.owner))
    world.unmute(group, scene.ann, scene.owner)
    world.promote(group, scene.ann, scene.owner, {"can_pin_messages"})
    world.ban(channel, scene.ann, scene.owner)
    ben = world.add_user("Ben")
    world.request_join(ben, group, via_invite_link=world.create_invite(group, scene.bot))
    world.approve(group, ben, scene.owner)
    world.grant_until(channel, ben, int(scene.clock.now()) + 500)
    world.start_private(ben, scene.bot, "x")
    sent = scene.wire("sendMessage", chat_id=group, text="<b>x</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    world.tap(ben, group, int(str(sent["message_id"])), "v")
    scene.call("pinChatMessage", chat_id=group, message_id=sent["message_id"])
    world.block(ben, scene.bot)
    basic = world.create_group(scene.owner, "Small")
    world.add_bot_to_chat(basic, scene.bot, scene.owner)
    world.migrate(basic)


def test_every_update_parses() -> None:
    """Of a plain group and of a forum."""
    for forum in (False, True):
        scene = Scene(forum=forum)
        play(scene)
        if forum:
            topic = scene.world.create_topic(scene.group, scene.owner, "T")
            scene.world.say(scene.owner, scene.group, thread_id=topic)
        entries = scene.world.bots[scene.bot].mailbox.pending()
        assert len({entry.kind for entry in entries}) == 8
        for entry in entries:
            strictly(Update, entry.update)


def test_every_answer_parses(scene: Scene) -> None:
    """Chats, members, links, messages."""
    play(scene)
    for chat in (scene.group, scene.channel):
        strictly(ChatFullInfo, scene.call("getChat", chat_id=chat))
        strictly(ChatInviteLink, scene.call("createChatInviteLink", chat_id=chat, name="x", member_limit=5))
        strictly(Message, scene.call("sendMessage", chat_id=chat, text="x"))
        strictly(Message, scene.call("sendPhoto", chat_id=chat, photo="f", caption="@someone"))
    strictly(User, scene.call("getMe"))
    strictly(WebhookInfo, scene.call("getWebhookInfo"))
    strictly(Chat, scene.world.place(scene.group).wire)


def test_every_kind_of_member_parses(scene: Scene) -> None:
    """All six, as getChatMember gives them."""
    from aiogram.types import ResultChatMemberUnion

    people = [scene.world.add_user(f"U{number}") for number in range(4)]
    for user in people:
        scene.world.join(user, scene.group)
    scene.world.promote(scene.group, people[0], scene.owner, {"can_pin_messages"})
    scene.call("restrictChatMember", chat_id=scene.group, user_id=people[1], permissions=MUTE)
    scene.world.ban(scene.group, people[2], scene.owner)
    scene.world.set_default_permissions(scene.group, ALL_PERMISSIONS)
    seen = set()
    for user in (scene.owner, scene.ann, scene.bot, *people):
        wire = scene.wire("getChatMember", chat_id=scene.group, user_id=user)
        seen.add(wire["status"])
        strictly(ResultChatMemberUnion, wire)
    assert len(seen) == 6


def test_the_check_finds_a_field_that_the_specification_lacks(scene: Scene) -> None:
    """At any depth: it would be worth nothing otherwise."""
    said = scene.world.say(scene.owner, scene.group).wire
    strange = {"update_id": 1, "message": said | {"chat": {**scene.world.place(scene.group).wire, "moon": 1}}}
    assert extras(Update.model_validate(strange)) == [".message.chat.moon"]
