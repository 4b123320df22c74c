"""Members: asking what somebody is, restricting, banning, promoting."""

from __future__ import annotations

import msgspec

from gmbot.simulator.access import (
    RESTRICTING,
    Call,
    readable_chat,
    shared_chat,
    spare_owner,
    target_person,
)
from gmbot.simulator.chats import Chat
from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import LEFT, MEMBER, Member, kept_until
from gmbot.simulator.membership import Cause, change, limited
from gmbot.simulator.moderation import admin_of
from gmbot.simulator.rights import read_permissions, rights_for


def get_chat_member(call: Call) -> object:
    """What somebody is; whoever never joined has left."""
    if call.args.integer("user_id") <= 0:
        raise bad_request("invalid user_id specified")
    chat = readable_chat(call)
    person = target_person(call)
    if chat.is_private:
        return {"status": "member", "user": call.world.user_wire(person)}
    if person != call.bot.id:
        _require_member_list(call, chat)
    return call.world.member_object(chat, person, call.standing(chat, person), call.bot.id)


def get_chat_administrators(call: Call) -> object:
    """The owner and the administrators, without other bots unless `return_bots`."""
    chat = readable_chat(call)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    if chat.is_channel:
        _require_member_list(call, chat)
    shown = []
    for person, member in chat.members.items():
        other_bot = person in call.world.bots and person != call.bot.id
        # Time makes nobody an administrator, nor ends one: what is stored is what holds.
        if member.is_admin and (not other_bot or call.args.boolean("return_bots")):
            shown.append(call.world.member_object(chat, person, member, call.bot.id))
    return shown


def get_chat_member_count(call: Call) -> object:
    """How many people and bots are in the chat."""
    chat = readable_chat(call)
    if chat.is_private:
        return 2
    now = call.now
    return sum(member.at(now).is_member for member in chat.members.values())


def restrict_chat_member(call: Call) -> object:
    """Leave somebody only some permissions, or all, which lifts the restriction."""
    asked = call.args.mapping("permissions")
    if asked is None:
        raise bad_request("can't parse permissions: JSON object expected")
    _require_user_id(call)
    chat = shared_chat(call)
    if chat.type != "supergroup":
        raise bad_request("method is available only for supergroups")
    person = target_person(call)
    old = spare_owner(call, chat, person)
    independent = call.args.boolean("use_independent_chat_permissions")
    permissions = read_permissions(asked, independent=independent)
    new = limited(old, permissions, kept_until(call.args.integer("until_date"), call.now))
    if new != old:
        _check_restricting(call, chat, person, old)
        change(call.world, chat, person, new, Cause(by=call.bot.id))
    return True


def ban_chat_member(call: Call) -> object:
    """Remove somebody and keep them out, until a date or for ever."""
    _require_user_id(call)
    chat = shared_chat(call)
    person = target_person(call)
    old = spare_owner(call, chat, person)
    new = Member(status="kicked", until_date=kept_until(call.args.integer("until_date"), call.now))
    if new != old:
        _check_restricting(call, chat, person, old)
        change(call.world, chat, person, new, Cause(by=call.bot.id))
        if call.args.boolean("revoke_messages") or chat.type == "supergroup":
            _revoke_messages(chat, person)
    return True


def unban_chat_member(call: Call) -> object:
    """Let somebody come back; without `only_if_banned` this also removes a current member."""
    _require_user_id(call)
    chat = shared_chat(call)
    if chat.type == "group":
        raise bad_request("method is available for supergroup and channel chats only")
    person = target_person(call)
    old = spare_owner(call, chat, person)
    untouched = old.status != "kicked" and call.args.boolean("only_if_banned")
    if not untouched and old != LEFT:
        _check_restricting(call, chat, person, old)
        change(call.world, chat, person, LEFT, Cause(by=call.bot.id))
    return True


def promote_chat_member(call: Call) -> object:
    """Make somebody an administrator with the rights given as true; none of them demotes."""
    _require_user_id(call)
    chat = shared_chat(call)
    person = target_person(call)
    old = spare_owner(call, chat, person)
    if person == call.bot.id:
        raise bad_request("can't promote self")
    asked = {right for right in rights_for(chat.type) if call.args.boolean(right)}
    anonymous = call.args.boolean("is_anonymous")
    new = admin_of(chat, asked, by=call.bot.id, anonymous=anonymous) if asked or anonymous else MEMBER
    if new == old:
        return True
    _check_promoting(call, chat, old, asked)
    change(call.world, chat, person, new, Cause(by=call.bot.id))
    return True


def set_chat_administrator_custom_title(call: Call) -> object:
    """Give an administrator whom the bot promoted a title of at most 16 characters."""
    chat = shared_chat(call)
    person = target_person(call)
    old = call.standing(chat, person)
    if old.status != "administrator":
        raise bad_request("user is not an administrator")
    if old.promoted_by != call.bot.id:
        raise bad_request("not enough rights to change custom title of the user")
    title = call.args.text("custom_title")[:16] or None
    new = msgspec.structs.replace(old, custom_title=title)
    change(call.world, chat, person, new, Cause(by=call.bot.id))
    return True


def ban_chat_sender_chat(call: Call) -> object:
    """Stop people from writing as that channel."""
    chat, sender = _sender_chat(call)
    chat.banned_senders.add(sender)
    return True


def unban_chat_sender_chat(call: Call) -> object:
    """Let people write as that channel again."""
    chat, sender = _sender_chat(call)
    chat.banned_senders.discard(sender)
    return True


def set_chat_permissions(call: Call) -> object:
    """Replace what members may do by default; no update tells of it."""
    asked = call.args.mapping("permissions")
    if asked is None:
        raise bad_request("can't parse permissions: JSON object expected")
    chat = shared_chat(call)
    if chat.is_channel:
        raise bad_request("method is available only for supergroups")
    call.require(chat, "can_restrict_members", "not enough rights to change chat permissions")
    independent = call.args.boolean("use_independent_chat_permissions")
    chat.permissions = read_permissions(asked, independent=independent)
    return True


def _require_user_id(call: Call) -> None:
    if call.args.integer("user_id") <= 0:
        raise bad_request("invalid user_id specified")


def _require_member_list(call: Call, chat: Chat) -> None:
    """Channels, and groups that hide their members, show them to administrators only."""
    if (chat.is_channel or chat.hidden_members) and not call.standing(chat).is_admin:
        raise bad_request("member list is inaccessible")


def _check_restricting(call: Call, chat: Chat, person: int, old: Member) -> None:
    if person == call.bot.id:
        raise bad_request("can't restrict self")
    call.require(chat, "can_restrict_members", RESTRICTING)
    if old.is_admin:
        raise bad_request("user is an administrator of the chat")


def _check_promoting(call: Call, chat: Chat, old: Member, asked: set[str]) -> None:
    call.require(chat, "can_promote_members", "not enough rights")
    if not all(call.standing(chat).may(right) for right in asked):
        raise bad_request("RIGHT_FORBIDDEN")
    if old.is_admin and old.promoted_by != call.bot.id:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    if not old.is_member:
        raise bad_request("USER_NOT_PARTICIPANT")


def _revoke_messages(chat: Chat, person: int) -> None:
    for message_id in [number for number, message in chat.history.items() if message.author == person]:
        del chat.history[message_id]


def _sender_chat(call: Call) -> tuple[Chat, int]:
    chat = shared_chat(call)
    sender = call.args.integer("sender_chat_id")
    if sender not in call.world.chats:
        raise bad_request("sender_chat not found")
    call.require(chat, "can_restrict_members", RESTRICTING)
    if sender in (chat.id, chat.linked):
        raise bad_request("can't ban the chat's own or linked chat")
    return chat, sender
