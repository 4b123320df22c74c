"""What happened, as frozen values; telemetry turns them into counters and log lines, nobody else listens."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId


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


class ApiCalled(msgspec.Struct, frozen=True):
    """One call to Telegram ended. `code` is 200, Telegram's error code, or 0 when no answer came."""

    bot_id: BotId
    method: str
    code: int
    seconds: float
    chat_id: int | None = None


class RateLimitDelayed(msgspec.Struct, frozen=True):
    """A call waits because Telegram, or our own budget, says so."""

    method: str
    seconds: float


class SendQueued(msgspec.Struct, frozen=True):
    """A call had to queue; `depth` calls of its priority wait now."""

    priority: str
    depth: int


class SendWaited(msgspec.Struct, frozen=True):
    """A call that had to queue has left it after `seconds`; `depth` calls of its priority still wait."""

    priority: str
    seconds: float
    depth: int


class QueryRan(msgspec.Struct, frozen=True):
    """One visit to the database ended. `query` is the port's method name."""

    query: str
    seconds: float
    ok: bool = True


class IntentFailed(msgspec.Struct, frozen=True):
    """An attempt at what is owed failed and will be made again in `retry_in_s` (None: never)."""

    kind: str
    error: str
    attempts: int
    retry_in_s: float | None
    group_id: int | None = None
    user_id: int | None = None


class Retried(msgspec.Struct, frozen=True):
    """A call to Telegram failed and is made again by whoever made it. `operation`: its method."""

    operation: str


class BacklogSeen(msgspec.Struct, frozen=True):
    """How many updates Telegram keeps for all bots, and how often it newly failed to bring one since."""

    pending: int
    webhook_failures: int = 0


class DatabaseUsed(msgspec.Struct, frozen=True):
    """The most pieces of work that were with the database, or waiting for a connection, at once lately."""

    at_once: int


class LoopLagged(msgspec.Struct, frozen=True):
    """The event loop woke somebody `seconds` too late."""

    seconds: float


class LoopBlocked(msgspec.Struct, frozen=True):
    """The event loop has not turned for `seconds`; `trace`: where in the code it stands."""

    seconds: float
    trace: tuple[str, ...]


class LinesDropped(msgspec.Struct, frozen=True):
    """So many more log lines could not be written."""

    lines: int


class RedisConfigured(msgspec.Struct, frozen=True):
    """Whether there is meant to be a Redis."""

    configured: bool


class GroupsCounted(msgspec.Struct, frozen=True):
    """How many groups are guarded and people held now, and how many of the groups are paused."""

    groups: int
    holds: int
    paused: int = 0


class RowsCounted(msgspec.Struct, frozen=True):
    """How many rows each table of the database has, about."""

    rows: dict[str, int]


class RowsPruned(msgspec.Struct, frozen=True):
    """Rows of a table that nobody needs were removed."""

    table: str
    rows: int


class DependencyChanged(msgspec.Struct, frozen=True):
    """A dependency (database, redis, telegram) answered, or stopped answering."""

    dependency: str
    connected: bool


class CircuitMoved(msgspec.Struct, frozen=True):
    """A circuit went from one state to another: closed, half_open, open, isolated.

    `worst`: how the worst of its kind stands now; `bot_id`: whose it is, if each bot has one; `open_s`: how
    long it stays open if nobody finds out before that the other side is well.
    """

    circuit: str
    was: str
    to: str
    worst: str
    bot_id: BotId | None = None
    open_s: float | None = None


class CircuitsSeen(msgspec.Struct, frozen=True):
    """How the worst circuit of each kind stands."""

    states: dict[str, str]


class Unforeseen(msgspec.Struct, frozen=True):
    """An error that nobody foresaw reached one of the last-resort boundaries; `cause` is for its report."""

    where: str
    error: str
    cause: BaseException | None = None


class ErrorReported(msgspec.Struct, frozen=True):
    """An unforeseen error was to be told to Sentry. `outcome`: reported, dropped (too many), lost."""

    outcome: str


class Lifecycle(msgspec.Struct, frozen=True):
    """The process moved on (starting, ready, draining, stopped), or waits, or cannot go on."""

    stage: str
    detail: str = ""


Event = (
    UpdateHandled
    | UpdateSetAside
    | MembershipRecalled
    | SharedMemoryAsked
    | MemoryMeasured
    | Verified
    | HoldPlaced
    | HoldEnded
    | RequestApproved
    | AdminActed
    | GroupPaused
    | BrakePulled
    | SweepAsked
    | SweepEnded
    | ChannelUsability
    | ApiCalled
    | RateLimitDelayed
    | SendQueued
    | SendWaited
    | QueryRan
    | IntentFailed
    | Retried
    | BacklogSeen
    | DatabaseUsed
    | LoopLagged
    | LoopBlocked
    | LinesDropped
    | RedisConfigured
    | GroupsCounted
    | RowsCounted
    | RowsPruned
    | DependencyChanged
    | CircuitMoved
    | CircuitsSeen
    | Unforeseen
    | ErrorReported
    | Lifecycle
)
