"""What stands between GMBot and the world: nothing reaches a database or Telegram but through a circuit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final

from gmbot.adapters.sql.database import Database, T, Work
from gmbot.adapters.sql.gathering import Spoilt
from gmbot.adapters.sql.version import look, touch
from gmbot.adapters.telegram.transport import Reply, Transport
from gmbot.bootstrap.circuits import (
    ASK,
    READ,
    TRIAL_WITHIN_S,
    WRITE,
    get_database_circuit,
    get_telegram_circuit,
    heal,
)
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.events import ApiCalled, Retried
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.bulkhead import Bulkhead
from gmbot.resilience.circuits import Circuits, circuit_protected
from gmbot.resilience.retry import async_retry

READ_AGAIN_WITHIN_S: Final = 2.0
"""A read that took longer before it failed is not repeated: somebody waits for it."""

QUESTIONS_AT_ONCE: Final = 96
"""Of the 256 connections that all bots share: a flood of one bot's questions leaves some to its effects."""

QUESTIONS_WAITING: Final = 10_000
POLL: Final = "getUpdates"


class ProtectedDatabase:
    """A database whose reads and writes go through circuits; reads are repeated if that is worth while."""

    def __init__(
        self, database: Database, circuits: Circuits, *, clock: Clock, random: Callable[[], float], emit: Emit
    ) -> None:
        self.circuits = circuits
        self._database = database
        self._visits: set[asyncio.Task[object]] = set()
        self._again = async_retry(
            max_attempts=3,
            clock=clock,
            random=random,
            within_s=READ_AGAIN_WITHIN_S,
            on_retry=lambda: emit(Retried("database_read")),
        )

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.dialect

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction; reading twice changes nothing."""
        return await self._again.call(partial(self._read, work))

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction; whether it was written is not known when it fails: once only."""
        return _told(await self._write(work))

    async def _read(self, work: Work[T]) -> T:
        return _told(await self._read_once(work))

    @circuit_protected(get_database_circuit(READ))
    async def _read_once(self, work: Work[T]) -> T | Spoilt:
        try:
            return await self._database.read(work)
        except Spoilt as error:
            return error

    @circuit_protected(get_database_circuit(WRITE))
    async def _write(self, work: Work[T]) -> T | Spoilt:
        try:
            return await self._database.write(work)
        except Spoilt as error:
            return error

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    async def probe(self) -> None:
        """Return if the database answers: also while its circuit is open, since this is how that closes."""
        await self.circuits[get_database_circuit(READ)].trial(self._look)

    async def heal(self, clock: Clock) -> None:
        """Try whether it answers and can be written to while its circuits are not closed, for ever."""
        ways: dict[str, Callable[[], Awaitable[None]]] = {READ: self._look, WRITE: self._touch}
        probes = {self.circuits[get_database_circuit(way)]: probe for way, probe in ways.items()}
        await asyncio.gather(*(heal(one, probe, clock, others=[*probes]) for one, probe in probes.items()))

    async def _look(self) -> None:
        await self._soon(self._database.read(look))

    async def _touch(self) -> None:
        await self._soon(self._database.write(touch))

    async def _soon(self, visit: Coroutine[Any, Any, object]) -> None:
        """Wait for a visit until it is late; it takes its leave of a connection that hangs by itself."""
        visiting = asyncio.create_task(visit)
        self._visits.add(visiting)
        visiting.add_done_callback(self._left)
        try:
            await asyncio.wait({visiting}, timeout=TRIAL_WITHIN_S)
            if not visiting.done():
                raise Unavailable(f"no answer within {TRIAL_WITHIN_S:g} s")
            visiting.result()
        finally:
            visiting.cancel()

    def _left(self, visiting: asyncio.Task[object]) -> None:
        self._visits.discard(visiting)
        if not visiting.cancelled():
            # Looked at, so that nobody is told of an error that nobody waited for.
            visiting.exception()


def _told(result: T | Spoilt) -> T:
    """Return a result; what the database would not take is raised here only, as it is no failure of its."""
    if isinstance(result, Spoilt):
        raise result
    return result


class ProtectedTransport:
    """One bot's way to Telegram: questions and effects each have a circuit, and questions a bulkhead.

    Polls go with the questions, but wait by design: they are never slow and never the probe. A 4xx or 429 is
    an answer; a 5xx is none.
    """

    def __init__(self, road: Transport, circuits: Circuits, bot_id: BotId) -> None:
        self._road = road
        self._bot_id = bot_id
        self._act = circuits[get_telegram_circuit(bot_id)]
        self._ask = circuits[get_telegram_circuit(bot_id, ASK)]
        self._questions = Bulkhead(QUESTIONS_AT_ONCE, most_waiting=QUESTIONS_WAITING)

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Post and return the answer. Raises Unavailable, or CircuitOpen if nothing was posted."""
        if method == POLL:
            post = partial(self._road.post, method, body, timeout_s)
            return await self._ask.call(post, failed=_broken, patient=True)
        if not method.startswith("get"):
            return await self._act.call(partial(self._road.post, method, body, timeout_s), failed=_broken)
        async with self._questions.room(within_s=timeout_s) as waited_s:
            post = partial(self._road.post, method, body, timeout_s - waited_s)
            return await self._ask.call(post, failed=_broken)

    async def heal(self, clock: Clock, emit: Emit) -> None:
        """Ask who the bot is while a circuit is not closed, for ever."""
        probe = partial(self._probe, clock, emit)
        both = (self._ask, self._act)
        await asyncio.gather(*(heal(one, probe, clock, others=both) for one in both))

    async def _probe(self, clock: Clock, emit: Emit) -> None:
        asked, code = clock.now(), 0
        try:
            reply = await self._road.post("getMe", b"{}", TRIAL_WITHIN_S)
            code = reply.status
        finally:
            emit(ApiCalled(self._bot_id, "getMe", code, max(clock.now() - asked, 0.0)))
        if _broken(reply):
            raise Unavailable(f"getMe: {reply.status}")


def _broken(reply: Reply) -> bool:
    return reply.status >= 500
