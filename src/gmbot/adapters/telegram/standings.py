"""Telegram's ChatMember in the domain's words."""

from __future__ import annotations

from gmbot.adapters.telegram.wire import (
    ADMIN_RIGHTS,
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberBanned,
    ChatMemberLeft,
    ChatMemberMember,
    ChatMemberOwner,
    ChatMemberRestricted,
)
from gmbot.domain.ids import UserId
from gmbot.domain.membership import Stamp
from gmbot.domain.standing import FREE, MUTED, PERMISSIONS, Restriction, Standing, Status

_STATUSES: dict[type[ChatMember], Status] = {
    ChatMemberOwner: Status.CREATOR,
    ChatMemberAdministrator: Status.ADMINISTRATOR,
    ChatMemberMember: Status.MEMBER,
    ChatMemberRestricted: Status.RESTRICTED,
    ChatMemberLeft: Status.LEFT,
    ChatMemberBanned: Status.KICKED,
}


def standing_of(member: ChatMember, stamp: Stamp, by: UserId | None = None) -> Standing:
    """Return what a member is. A restricted one is present only if `is_member` (SEMANTICS: getChatMember)."""
    return Standing(
        status=_STATUSES[type(member)],
        stamp=stamp,
        present=_present(member),
        restriction=_restriction(member),
        by=by,
    )


def rights_of(member: ChatMember) -> frozenset[str]:
    """Return the admin rights that a member has; the owner has every one."""
    if isinstance(member, ChatMemberOwner):
        return ADMIN_RIGHTS
    if isinstance(member, ChatMemberAdministrator):
        return frozenset(right for right in ADMIN_RIGHTS if getattr(member, right))
    return frozenset()


def _present(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return not isinstance(member, ChatMemberLeft | ChatMemberBanned)


def _restriction(member: ChatMember) -> Restriction:
    if isinstance(member, ChatMemberBanned):
        return Restriction(MUTED, member.until_date)
    if isinstance(member, ChatMemberRestricted):
        allowed = frozenset(permission for permission in PERMISSIONS if getattr(member, permission))
        return Restriction(allowed, member.until_date)
    return FREE
