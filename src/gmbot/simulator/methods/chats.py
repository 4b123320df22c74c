"""Chats: what they are, their invite links, leaving, topics."""

from __future__ import annotations

from gmbot.simulator.access import LINKING, Call, readable_chat, shared_chat, writable_chat
from gmbot.simulator.chats import Chat, Invite, Topic
from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import LEFT, Wire
from gmbot.simulator.membership import Cause, change
from gmbot.simulator.rights import PERMISSIONS

NAME_LIMIT = 32
GIFTS: Wire = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}


def get_chat(call: Call) -> object:
    """The ChatFullInfo."""
    chat = readable_chat(call)
    wire: Wire = {
        **chat.wire,
        "accent_color_id": abs(chat.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict(GIFTS),
    }
    if not chat.is_private:
        wire.update(_shared_info(call, chat))
    return wire


def leave_chat(call: Call) -> object:
    """Go; the bot hears of it as of any other change to itself."""
    chat = shared_chat(call)
    change(call.world, chat, call.bot.id, LEFT, Cause(by=call.bot.id))
    return True


def create_chat_invite_link(call: Call) -> object:
    """A new additional link of the bot's own."""
    chat = _linkable(call)
    _check_link_options(call)
    invite = call.world.add_invite(chat, call.bot.id)
    _apply_link_options(call, invite)
    return call.world.invite_object(invite, call.bot.id)


def export_chat_invite_link(call: Call) -> object:
    """A new primary link; the bot's earlier one is revoked."""
    chat = _linkable(call)
    for invite in chat.invites.values():
        if invite.is_primary and invite.creator == call.bot.id:
            invite.is_revoked = True
    return call.world.add_invite(chat, call.bot.id, is_primary=True).link


def edit_chat_invite_link(call: Call) -> object:
    """Change a link of the bot's own; what is not given is reset."""
    invite = _own_link(call)
    _check_link_options(call)
    _apply_link_options(call, invite)
    return call.world.invite_object(invite, call.bot.id)


def revoke_chat_invite_link(call: Call) -> object:
    """End a link of the bot's own."""
    invite = _own_link(call)
    invite.is_revoked = True
    return call.world.invite_object(invite, call.bot.id)


def create_forum_topic(call: Call) -> object:
    """Open a topic in a forum."""
    chat = _forum(call)
    name = call.args.text("name")
    if not name:
        raise bad_request("TOPIC_TITLE_EMPTY")
    thread = call.world.create_topic(chat.id, call.bot.id, name)
    return {"message_thread_id": thread, "name": name, "icon_color": 7_322_096}


def close_forum_topic(call: Call) -> object:
    """Close a topic."""
    topic = _topic(call)
    if topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = True
    return True


def reopen_forum_topic(call: Call) -> object:
    """Open a closed topic again."""
    topic = _topic(call)
    if not topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = False
    return True


def permissions_wire(permissions: frozenset[str]) -> Wire:
    """The ChatPermissions object, every field given."""
    return {name: name in permissions for name in PERMISSIONS}


def _shared_info(call: Call, chat: Chat) -> Wire:
    wire: Wire = {} if chat.is_channel else {"permissions": permissions_wire(chat.permissions)}
    optional: Wire = {
        "description": chat.description,
        "active_usernames": [chat.username] if chat.username else None,
        "linked_chat_id": chat.linked,
        "join_by_request": chat.join_by_request,
        "join_to_send_messages": chat.join_to_send,
        "has_hidden_members": chat.hidden_members,
        "slow_mode_delay": chat.slow_mode_delay,
        "invite_link": _primary_link(call, chat),
        "pinned_message": _pinned(chat),
    }
    wire.update({name: value for name, value in optional.items() if value})
    return wire


def _primary_link(call: Call, chat: Chat) -> str | None:
    for invite in chat.invites.values():
        if invite.is_primary and not invite.is_revoked and invite.creator == call.bot.id:
            return invite.link
    return None


def _pinned(chat: Chat) -> Wire | None:
    kept = [number for number in chat.pinned if number in chat.history]
    return chat.history[kept[-1]].wire if kept else None


def _linkable(call: Call) -> Chat:
    chat = shared_chat(call)
    call.require(chat, "can_invite_users", LINKING)
    return chat


def _own_link(call: Call) -> Invite:
    link = call.args.text("invite_link")
    chat = _linkable(call)
    invite = chat.invites.get(link)
    if invite is None or invite.creator != call.bot.id:
        raise bad_request("INVITE_HASH_EXPIRED")
    return invite


def _check_link_options(call: Call) -> None:
    if len(call.args.text("name")) > NAME_LIMIT:
        raise bad_request("invite link name is too long")
    if call.args.boolean("creates_join_request") and call.args.integer("member_limit"):
        raise bad_request("member limit can't be specified for links requiring administrator approval")


def _apply_link_options(call: Call, invite: Invite) -> None:
    invite.name = call.args.text("name") or None
    invite.expire_date = call.args.integer("expire_date", low=0)
    invite.member_limit = call.args.integer("member_limit", low=0, high=99_999)
    invite.creates_join_request = call.args.boolean("creates_join_request")


def _forum(call: Call) -> Chat:
    chat = writable_chat(call)
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    call.require(chat, "can_manage_topics", "not enough rights to create a topic")
    return chat


def _topic(call: Call) -> Topic:
    chat = _forum(call)
    topic = chat.topics.get(call.args.integer("message_thread_id"))
    if topic is None:
        raise bad_request("message thread not found")
    return topic
