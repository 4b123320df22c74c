"""What happened in groups and channels, to their people."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, UserId


class HoldPlaced(msgspec.Struct, frozen=True):
    """Somebody is held; `seconds` since what made it due."""

    group_id: GroupId
    user_id: UserId
    reason: str
    seconds: float


class HoldEnded(msgspec.Struct, frozen=True):
    """A hold is over. `lifted` says whether GMBot made the call; `seconds` since what made it due.

    `wrongful`: it is known by now that the person qualified before they were held.
    """

    group_id: GroupId
    user_id: UserId
    reason: str
    lifted: bool
    seconds: float
    wrongful: bool = False


class RequestApproved(msgspec.Struct, frozen=True):
    """Somebody who asked was let in; `seconds` since they asked."""

    group_id: GroupId
    user_id: UserId
    seconds: float


class AdminActed(msgspec.Struct, frozen=True):
    """An admin changed what GMBot does in a group."""

    group_id: GroupId
    user_id: UserId
    action: str


class GroupPaused(msgspec.Struct, frozen=True):
    """A group is left alone from now on, or taken up again when `reason` is None."""

    group_id: GroupId
    reason: str | None


class BrakePulled(msgspec.Struct, frozen=True):
    """So many members turned OUT at once that a group was paused: `flipped` of `checked`."""

    group_id: GroupId
    flipped: int
    checked: int


class SweepAsked(msgspec.Struct, frozen=True):
    """A sweep asked about one person. `outcome`: same, turned_out, turned_in, unknown."""

    group_id: GroupId
    user_id: UserId
    outcome: str
    questions: int


class SweepEnded(msgspec.Struct, frozen=True):
    """A sweep is over: questions asked, people who are subscribed no longer, and people not learnt about."""

    group_id: GroupId
    kind: str
    asked: int
    turned: int
    failed: int
    seconds: float


class ChannelUsability(msgspec.Struct, frozen=True):
    """A channel can no longer be seen into, or can again."""

    channel_id: ChannelId
    usable: bool
    cause: str


class GroupsCounted(msgspec.Struct, frozen=True):
    """How many groups are guarded and people held now, and how many of the groups are paused."""

    groups: int
    holds: int
    paused: int = 0
