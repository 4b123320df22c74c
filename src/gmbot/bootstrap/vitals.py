"""What nobody tells of itself, looked at from time to time: the event loop, what Telegram keeps, the pool."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from gmbot.adapters.sql.database import Database, T, Work
from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.wire import WebhookInfo
from gmbot.domain.errors import ConfigurationError, RefusedError, TransientError
from gmbot.gate.events import BacklogSeen, DatabaseUsed, LinesDropped, LoopLagged
from gmbot.gate.ports import Clock, Emit

FEEL_EVERY_S = 0.5
LOOK_EVERY_S = 10.0
TELL_USE_EVERY_S = 5.0
TELL_DROPPED_EVERY_S = 1.0


async def feel_loop(
    emit: Emit,
    clock: Clock,
    monotonic: Callable[[], float] = time.monotonic,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Tell again and again how late the event loop wakes a sleeper, and that it does."""
    while True:
        due_at = monotonic() + FEEL_EVERY_S
        await clock.sleep(FEEL_EVERY_S)
        beat()
        emit(LoopLagged(max(0.0, monotonic() - due_at)))


async def tell_use(database: WatchedDatabase, emit: Emit, clock: Clock) -> None:
    """Tell again and again how much was asked of the database at once."""
    while True:
        await clock.sleep(TELL_USE_EVERY_S)
        emit(database.used())


async def tell_dropped(dropped: Callable[[], int], emit: Emit, clock: Clock) -> None:
    """Tell how many log lines were dropped since that was last told; `dropped` counts them from the start."""
    told = 0
    while True:
        await clock.sleep(TELL_DROPPED_EVERY_S)
        if lines := dropped() - told:
            told += lines
            emit(LinesDropped(lines))


class Backlog:
    """How many updates Telegram keeps for these bots, and whether it fails to bring them (getWebhookInfo).

    Telegram tells only when it failed last: several failures between two looks count as one.
    """

    def __init__(self, clients: Sequence[BotClient], emit: Emit, clock: Clock) -> None:
        self._clients = tuple(clients)
        self._emit = emit
        self._clock = clock
        self._failed_at: dict[BotClient, int | None] = {}
        self.seen: Sequence[WebhookInfo] = ()

    async def run(self) -> None:
        """Look again and again; when Telegram does not answer, what was seen last stands."""
        while True:
            with contextlib.suppress(TransientError, RefusedError, ConfigurationError):
                await self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once. Raises what BotClient.webhook raises."""
        seen = await asyncio.gather(*(client.webhook() for client in self._clients))
        self.seen = seen
        failures = 0
        for client, info in zip(self._clients, seen, strict=True):
            # What failed before the first look is history.
            failures += self._failed_at.get(client, info.last_error_date) != info.last_error_date
            self._failed_at[client] = info.last_error_date
        self._emit(BacklogSeen(sum(info.pending_update_count for info in seen), failures))


class WatchedDatabase:
    """A database, and the most that was asked of it at once since that was last told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_work = 0
        self._most = 0

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.dialect

    def used(self) -> DatabaseUsed:
        """Return the most pieces of work at once since this was last called."""
        most, self._most = self._most, self._at_work
        return DatabaseUsed(most)

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction."""
        self._begin()
        try:
            return await self._database.read(work)
        finally:
            self._at_work -= 1

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction."""
        self._begin()
        try:
            return await self._database.write(work)
        finally:
            self._at_work -= 1

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    def _begin(self) -> None:
        self._at_work += 1
        self._most = max(self._most, self._at_work)
