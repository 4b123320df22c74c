"""What a person is in a group: status, restriction, and by whom."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.ids import UserId
from gmbot.domain.membership import Membership, MembershipState, Stamp


class Status(enum.StrEnum):
    """Telegram's six statuses of a chat member."""

    CREATOR = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    RESTRICTED = "restricted"
    LEFT = "left"
    KICKED = "kicked"


ADMINS = frozenset({Status.CREATOR, Status.ADMINISTRATOR})

PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
"""The 16 fields of Telegram's ChatPermissions (Bot API 10.3)."""

EVERYTHING = frozenset(PERMISSIONS)
SPEECH = frozenset(p for p in PERMISSIONS if p.startswith("can_send_"))
MUTED: frozenset[str] = frozenset()


class Restriction(msgspec.Struct, frozen=True):
    """What a person may do, and until when (Unix seconds; 0 means for ever)."""

    allowed: frozenset[str] = EVERYTHING
    until: int = 0

    def silences(self, now: float) -> bool:
        """Whether it keeps a person from sending anything at `now` (Unix seconds)."""
        return not self.lapsed(now) and not self.allowed & SPEECH

    def lapsed(self, now: float) -> bool:
        """Whether its time is over; Telegram sends no update when that happens."""
        return 0 < self.until <= now


FREE = Restriction()


class Standing(msgspec.Struct, frozen=True):
    """A versioned fact about one person in one group.

    `present` is Telegram's notion of being a member: a restricted person may have left. `by` is who
    changed the status last, and None when the fact comes from a question.
    """

    status: Status
    stamp: Stamp = Stamp()
    present: bool = True
    restriction: Restriction = FREE
    by: UserId | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the person is the group's owner or one of its admins."""
        return self.status in ADMINS

    def as_membership(self) -> Membership:
        """Return the same fact as an answer to "is this person subscribed?"."""
        return Membership(self.stamp, MembershipState.IN if self.present else MembershipState.OUT)


def newer(one: Standing, other: Standing) -> Standing:
    """Return the later of two facts about the same person; at equal stamps any fixed choice will do."""
    return max(one, other, key=_version)


def _version(fact: Standing) -> tuple[object, ...]:
    told = fact.restriction
    return (fact.stamp, fact.status, fact.present, told.until, sorted(told.allowed), fact.by or 0)
