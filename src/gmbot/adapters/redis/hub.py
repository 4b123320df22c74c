"""One process's link with Redis: lost, found again, and believed only while nothing can be missed.

While it is lost, others may store what this process cannot hear of, and this one what Redis does not learn.
So whoever finds Redis again begins an era, in which nothing that was kept before counts, for anybody; and
it does not believe any memory until everybody else who lost Redis with it has had the time to do the same.

The link is what the circuit of Redis is about: it opens when the link is lost, since nobody can ask anything
then, and each attempt at it is the circuit's one probe. News are never refused while the link stands: who
could not tell others of a change must know that they no longer believe what they remember.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from typing import Any

import msgspec
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from gmbot.adapters.redis import notation
from gmbot.adapters.redis.budget import RedisBudget
from gmbot.adapters.redis.connection import connection_with
from gmbot.adapters.redis.ears import Ears
from gmbot.adapters.redis.pipe import Pipe
from gmbot.adapters.redis.shared import Keeping, Means, RedisMemory
from gmbot.adapters.redis.trust import Trust
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.news import FactsNews
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.circuit import Circuit, CircuitLimits


class Pace(msgspec.Struct, frozen=True):
    """How patient the link is, in seconds.

    `answer_s` is at least `lease_s`: whoever could not tell others of a change knows, once it gives up,
    that they have stopped believing what they remember. `settle_s` exceeds `retry_s` and an attempt.
    """

    heartbeat_s: float = 0.1
    lease_s: float = 0.3
    answer_s: float = 0.35
    silence_s: float = 1.0
    retry_s: float = 0.5
    settle_s: float = 2.0


class Hub:
    """The link, and the shared memory of each bot. `start` waits for Redis for a moment only."""

    def __init__(
        self,
        url: str,
        bots: Iterable[BotId],
        clock: Clock,
        emit: Emit,
        *,
        random: Callable[[], float],
        keeping: Keeping | None = None,
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        circuit: Circuit | None = None,
    ) -> None:
        self._circuit = circuit or Circuit(CircuitLimits(), now=monotonic, random=random)
        self._url = url
        self._clock = clock
        self._random = random
        self._pace = pace or Pace()
        self._monotonic = monotonic
        self._trust = Trust(self._pace.lease_s)
        means = Means(
            trust=self._trust,
            emit=emit,
            clock=clock,
            random=random,
            monotonic=monotonic,
            keeping=keeping or Keeping(),
        )
        self._memories = {bot: RedisMemory(bot, means) for bot in bots}
        self._pipe: Pipe | None = None
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def memory(self, bot_id: BotId) -> RedisMemory:
        """Return a bot's shared memory."""
        return self._memories[bot_id]

    def budget(self, *, rate_per_s: float, burst: int) -> RedisBudget:
        """Return what the processes may use together."""
        return RedisBudget(lambda: self._pipe, rate_per_s=rate_per_s, burst=burst, monotonic=self._monotonic)

    @property
    def connected(self) -> bool:
        """Whether Redis answers, and can be written to."""
        return self._pipe is not None

    @property
    def heard_until(self) -> float:
        """Until which moment, in `monotonic` seconds, everything that anybody told was heard."""
        return self._trust.until

    async def probe(self) -> None:
        """Return if Redis answers. Raises Unavailable if it does not, or cannot be written to."""
        if not self.connected or self._monotonic() > self.heard_until + self._pace.silence_s:
            raise Unavailable("Redis does not answer")

    async def start(self) -> None:
        """Start to connect, again and again if need be; return after the first attempt."""
        self._task = asyncio.create_task(self._run(), name="redis")
        await self._tried.wait()

    async def stop(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError, Unavailable):
                await self._live()
            # Without the link nobody can ask anything: it need not be counted how often that fails.
            self._circuit.trip()
            self._tried.set()
            await self._clock.sleep(self._pace.retry_s * (0.5 + self._random()))

    async def _live(self) -> None:
        """Connect, and stay connected; ends by raising what went wrong."""
        async with connection_with(self._url) as talking, connection_with(self._url) as hearing:
            ears = Ears(
                hearing,
                on_keys=self._hear_keys,
                on_message=self._hear_message,
                monotonic=self._monotonic,
                trust=self._trust,
            )
            await self._circuit.trial(lambda: self._connect(talking, ears))
            pipe = Pipe(talking, answer_s=self._pace.answer_s)
            async with first_failure(pipe.run(), ears.listen(), self._keep_up(pipe, ears)) as failure:
                try:
                    await failure
                finally:
                    self._lose()

    async def _connect(self, talking: AbstractConnection, ears: Ears) -> None:
        bots = tuple(self._memories)
        async with asyncio.timeout(self._pace.answer_s):
            await talking.connect()  # type: ignore[no-untyped-call]
            await ears.open([notation.prefix(b) for b in bots], [notation.news_channel(b) for b in bots])

    async def _begin(self, pipe: Pipe) -> None:
        """Begin an era for each bot; a Redis that refuses to be written to is as good as none."""
        keep = (await pipe.ask("SCRIPT", "LOAD", notation.KEEP)).decode()
        for bot, memory in self._memories.items():
            era = f"{int(self._random() * (1 << 64)):016x}"
            keys = (notation.era_key(bot), notation.news_channel(bot))
            await pipe.ask("EVAL", notation.BEGIN, 2, *keys, era, notation.era_news(era))
            memory.connect(pipe, era, keep)
        self._pipe = pipe
        self._trust.since = self._monotonic() + self._pace.settle_s
        self._tried.set()

    def _lose(self) -> None:
        self._trust.lose()
        self._pipe = None
        for memory in self._memories.values():
            memory.disconnect()

    async def _keep_up(self, pipe: Pipe, ears: Ears) -> None:
        """Begin, and keep making sure that nothing is missed; all of it tells the circuit how Redis is."""
        await self._circuit.trial(lambda: self._begin(pipe))
        while True:
            await self._circuit.trial(lambda: self._beat(pipe, ears))
            await self._clock.sleep(self._pace.heartbeat_s)

    async def _beat(self, pipe: Pipe, ears: Ears) -> None:
        """Make sure that nothing is missed: not if others cannot write, either."""
        began = self._monotonic()
        await ears.ping(patience_s=self._pace.silence_s)
        await pipe.ask("SET", f"beat:{min(self._memories, default=0)}", 1, "EX", 60)
        self._trust.written_at = began

    def _hear_keys(self, keys: Sequence[bytes] | None) -> None:
        """Everything was wiped, or some keys were written or are gone."""
        if keys is None:
            for memory in self._memories.values():
                memory.hear(FactsNews())
            return
        for key in keys:
            told = notation.read_key(key)
            if told is not None and (concerned := self._memories.get(told[0])) is not None:
                concerned.hear(told[1])

    def _hear_message(self, channel: bytes, message: bytes) -> None:
        for bot, memory in self._memories.items():
            if channel == notation.news_channel(bot).encode():
                memory.hear_message(message)


@contextlib.asynccontextmanager
async def first_failure(*work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Future[None]]:
    """Do several endless things until the block ends; yield what raises the failure that comes first."""
    tasks = [asyncio.create_task(one) for one in work]
    failure = asyncio.ensure_future(_first(tasks))
    try:
        yield failure
    finally:
        for task in (failure, *tasks):
            task.cancel()
        await asyncio.gather(failure, *tasks, return_exceptions=True)


async def _first(tasks: Sequence[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
