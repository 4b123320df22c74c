"""What one step learnt and decided, written in one transaction or not at all."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId, UpdateId, UserId
from gmbot.domain.membership import Membership
from gmbot.domain.standing import Standing
from gmbot.gate.intents import Owed
from gmbot.gate.sweeps import Sweep


class LearntMembership(msgspec.Struct, frozen=True):
    """A membership fact with whom and where it is about."""

    user_id: UserId
    channel_id: ChannelId
    membership: Membership


class LearntStanding(msgspec.Struct, frozen=True):
    """A standing fact with whom and where it is about."""

    group_id: GroupId
    user_id: UserId
    standing: Standing


class AuditEntry(msgspec.Struct, frozen=True):
    """Who did what to a group, for its admins and for operators. `at` is Unix seconds."""

    at: float
    group_id: GroupId
    actor_id: UserId
    action: str
    subject_id: int | None = None
    detail: str = ""


class SetAside(msgspec.Struct, frozen=True):
    """An update that could not be handled: what it looked like and what went wrong, without what it said.

    `at` is Unix seconds, `place` where in the code; `tries`: how often it was tried.
    """

    update_id: UpdateId
    kind: str
    error: str
    place: str
    tries: int
    at: float
    payload: str


class Moved(msgspec.Struct, frozen=True):
    """A basic group became a supergroup: whatever named the old id names the new one."""

    old_id: int
    new_id: int


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to store together.

    `update_id`: the update that this comes from; if it was applied before, nothing at all is written.
    Facts are merged with what is stored (an older one changes nothing), holds by `revision`, groups and
    channels replaced, `unguarded` groups removed with their links and sweeps. `owed` is upserted by key,
    keeping the earlier due time; `paid` is removed if its token still stands; `postponed` is rescheduled
    likewise. `sweeps` are replaced by group and kind, unless the group is not guarded. `set_aside` are
    replaced by update.
    """

    update_id: UpdateId | None = None
    at: float = 0
    groups: tuple[Group, ...] = ()
    unguarded: tuple[GroupId, ...] = ()
    channels: tuple[Channel, ...] = ()
    memberships: tuple[LearntMembership, ...] = ()
    standings: tuple[LearntStanding, ...] = ()
    holds: tuple[Hold, ...] = ()
    owed: tuple[Owed, ...] = ()
    paid: tuple[Owed, ...] = ()
    postponed: tuple[Owed, ...] = ()
    moved: tuple[Moved, ...] = ()
    audit: tuple[AuditEntry, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    set_aside: tuple[SetAside, ...] = ()

    @property
    def of_groups(self) -> bool:
        """Whether groups, their rules or channels change, which every process keeps at hand."""
        return bool(self.groups or self.unguarded or self.channels or self.moved)


NO_CHANGES = Changes()
