"""What was asked of Telegram and of the database, and what is owed and could not be done."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import BotId


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
