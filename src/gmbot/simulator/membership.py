"""Changes of standing: storing one, and telling the bots and the chat about it."""

from __future__ import annotations

import msgspec

from gmbot.simulator.chats import Chat, Invite
from gmbot.simulator.ground import Ground
from gmbot.simulator.members import LEFT, MEMBER, Member, Wire, restricted


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed somebody's standing, and by which door the person came."""

    by: int
    link: Invite | None = None
    via_join_request: bool = False


def change(core: Ground, chat: Chat, person: int, new: Member, cause: Cause) -> None:
    """Give a person a new standing; the same standing as before changes and tells nothing."""
    old = core.standing(chat, person)
    if old == new:
        return
    chat.members[person] = new
    chat.previous[person] = old
    if new.status == "kicked":
        chat.requests.pop(person, None)
    is_bot = person in core.bots
    if is_bot:
        _house_bot(chat, person, new)
    _tell_bots(core, chat, person, (old, new), cause)
    if old.is_member != new.is_member and leaves_notice(core, chat):
        _leave_notice(core, chat, person, cause, arrived=new.is_member)


def leaves_notice(core: Ground, chat: Chat) -> bool:
    """Whether joins and leaves show as service messages: never in channels or with hidden members."""
    return (
        core.knobs.service_messages
        and chat.service_messages
        and not chat.is_channel
        and not chat.hidden_members
    )


def entered(old: Member) -> Member:
    """The standing of somebody who comes in: an old restriction still holds."""
    if old.status == "restricted":
        return msgspec.structs.replace(old, present=True)
    return old if old.is_member else MEMBER


def departed(old: Member) -> Member:
    """The standing of somebody who goes: a restriction waits for the return."""
    if old.status == "restricted":
        return msgspec.structs.replace(old, present=False)
    return LEFT


def limited(old: Member, permissions: frozenset[str], until_date: int) -> Member:
    """The standing after a restriction; a banned person is un-banned by it but stays outside."""
    return restricted(permissions, present=old.is_member, until_date=until_date)


def _house_bot(chat: Chat, bot: int, new: Member) -> None:
    if new.is_member:
        chat.bots.add(bot)
        chat.known_to.add(bot)
    else:
        chat.bots.discard(bot)


def _tell_bots(core: Ground, chat: Chat, person: int, change: tuple[Member, Member], cause: Cause) -> None:
    for bot in sorted(chat.bots):
        if bot != person and core.standing(chat, bot).is_admin:
            core.emit(bot, "chat_member", _updated(core, chat, person, change, cause, bot))
    if person in core.bots:
        core.emit(person, "my_chat_member", _updated(core, chat, person, change, cause, person))


def _updated(
    core: Ground, chat: Chat, person: int, change: tuple[Member, Member], cause: Cause, viewer: int
) -> Wire:
    old, new = change
    wire: Wire = {
        "chat": chat.wire,
        "from": core.user_wire(cause.by),
        "date": int(core.now()),
        "old_chat_member": core.member_object(chat, person, old, viewer),
        "new_chat_member": core.member_object(chat, person, new, viewer),
    }
    if cause.link is not None:
        wire["invite_link"] = core.invite_object(cause.link, viewer)
    if cause.via_join_request:
        wire["via_join_request"] = True
    return wire


def _leave_notice(core: Ground, chat: Chat, person: int, cause: Cause, *, arrived: bool) -> None:
    user = core.user_wire(person)
    if arrived:
        # Whoever was let in by an administrator is shown as having come alone.
        author = person if cause.link is not None or cause.via_join_request else cause.by
        core.announce(chat, author, new_chat_members=[user])
    else:
        core.announce(chat, cause.by, left_chat_member=user)
