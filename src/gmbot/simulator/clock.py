"""Where the simulator's time comes from: the wall, or a test that turns the hands."""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import Protocol

SETTLE_ROUNDS = 10
"""Turns of the event loop given to what a sleeper's waking sets off."""


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when that many seconds of this clock have passed."""
        ...


class WallClock:
    """The real time."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return when that many real seconds have passed."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, start: float = 1_790_000_000.0, *, settle_rounds: int = SETTLE_ROUNDS) -> None:
        self._now = start
        self._settle_rounds = settle_rounds
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = 0

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return self._now

    @property
    def next_wake(self) -> float | None:
        """When the earliest sleeper is due, or None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been advanced by that many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._now + seconds, self._order, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move on, waking sleepers one at a time in order of their time.

        Whatever a sleeper does when it wakes (sleeping again included) happens at its own moment,
        before the next one wakes.
        """
        if seconds < 0:
            raise ValueError("time does not run backwards")
        target = self._now + seconds
        await self.settle()
        while (due := self.next_wake) is not None and due <= target:
            self._now = max(self._now, due)
            self._wake_first()
            await self.settle()
        self._now = target

    def set(self, moment: float) -> None:
        """Jump to that Unix time at once; sleepers that became due wake on the loop's next turn."""
        self._now = moment
        while (due := self.next_wake) is not None and due <= moment:
            self._wake_first()

    async def settle(self) -> None:
        """Let everything that can run without time passing run."""
        for _ in range(self._settle_rounds):
            await asyncio.sleep(0)

    def _wake_first(self) -> None:
        heapq.heappop(self._sleepers)[2].set_result(None)
