"""What happened to the process and to what it depends on."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import BotId


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
