"""What happened to an update, and what was known of its author."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import BotId, ChannelId, UpdateId, UserId


class UpdateHandled(msgspec.Struct, frozen=True):
    """One update was dealt with. `outcome`: passed, stored, duplicate, ignored, failed, set_aside.

    `lag_s`: how old it was when it came, by Telegram's clock, which counts whole seconds; None if it bears
    no date. `waited_s`: how long it was here before it was its turn.
    """

    bot_id: BotId
    update_id: UpdateId
    kind: str
    outcome: str
    seconds: float
    group_id: int | None = None
    user_id: int | None = None
    lag_s: float | None = None
    channel_id: int | None = None
    waited_s: float | None = None


class UpdateSetAside(msgspec.Struct, frozen=True):
    """An update could not be handled, however often it was tried, and is kept for an operator to look at.

    `place`: where in the code it failed; `cause` is for its report.
    """

    bot_id: BotId
    update_id: UpdateId
    kind: str
    error: str
    place: str
    tries: int
    cause: BaseException | None = None


class MembershipRecalled(msgspec.Struct, frozen=True):
    """A verdict was looked for in memory, this process's or the shared one: `hit` if it was found there."""

    hit: bool
    seconds: float


class SharedMemoryAsked(msgspec.Struct, frozen=True):
    """The memory that processes share was asked, or told something. `operation`: recall, learn."""

    operation: str
    seconds: float
    ok: bool = True


class MemoryMeasured(msgspec.Struct, frozen=True):
    """What process memory keeps now, and how many facts it forgot to make room since the start."""

    entries: int
    bytes: int
    evicted: int


class Verified(msgspec.Struct, frozen=True):
    """A membership was asked for. `status`: verified, restricted, error (DESIGN's names of the metric)."""

    status: str
    seconds: float
    user_id: UserId
    channel_id: ChannelId
    cause: str = ""
