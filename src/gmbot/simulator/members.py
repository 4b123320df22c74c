"""What somebody is in a chat: the six statuses of ChatMember, and how time changes them."""

from __future__ import annotations

from typing import Literal

import msgspec

from gmbot.simulator.rights import NO_PERMISSIONS, PERMISSIONS, rights_for

Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
Wire = dict[str, object]

SHORTEST_UNTIL_S = 30
LONGEST_UNTIL_S = 366 * 86_400


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One person's standing in one chat."""

    status: Status
    present: bool = False
    """Whether a restricted person is in the chat; for the others the status says it."""
    permissions: frozenset[str] = NO_PERMISSIONS
    until_date: int = 0
    rights: frozenset[str] = NO_PERMISSIONS
    is_anonymous: bool = False
    custom_title: str | None = None
    promoted_by: int | None = None

    @property
    def is_member(self) -> bool:
        """Whether the person is in the chat now."""
        if self.status == "restricted":
            return self.present
        return self.status in ("creator", "administrator", "member")

    @property
    def is_admin(self) -> bool:
        """Whether the person owns or administers the chat."""
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        """Whether the person holds that administrator right."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def at(self, now: float) -> Member:
        """The standing at that time: what was given until a date is gone after it."""
        if not self.until_date or now < self.until_date:
            return self
        if self.status == "restricted" and self.present:
            return MEMBER
        return LEFT


MEMBER = Member(status="member")
LEFT = Member(status="left")


def restricted(permissions: frozenset[str], *, present: bool, until_date: int = 0) -> Member:
    """A restriction; one that takes nothing away is no restriction."""
    if len(permissions) == len(PERMISSIONS):
        return MEMBER if present else LEFT
    return Member(status="restricted", present=present, permissions=permissions, until_date=until_date)


def kept_until(until_date: int, now: float) -> int:
    """The date as the server keeps it: 0, for ever, when under 30 s or over 366 days away."""
    if now + SHORTEST_UNTIL_S <= until_date <= now + LONGEST_UNTIL_S:
        return until_date
    return 0


def member_wire(member: Member, user: Wire, chat_type: str, viewer: int | None = None) -> Wire:
    """The ChatMember object that bot `viewer` reads."""
    wire: Wire = {"user": user, "status": member.status}
    match member.status:
        case "creator":
            wire["is_anonymous"] = member.is_anonymous
        case "administrator":
            wire["can_be_edited"] = viewer is not None and member.promoted_by == viewer
            wire["is_anonymous"] = member.is_anonymous
            wire.update({right: right in member.rights for right in rights_for(chat_type)})
        case "restricted":
            wire.update({name: name in member.permissions for name in PERMISSIONS})
            wire.update(is_member=member.present, until_date=member.until_date)
        case "kicked":
            wire["until_date"] = member.until_date
        case "member" if member.until_date:
            wire["until_date"] = member.until_date
        case _:
            pass
    if member.custom_title and member.is_admin:
        wire["custom_title"] = member.custom_title
    return wire
