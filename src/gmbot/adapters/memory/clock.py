"""A clock whose hands are turned by whoever holds it."""

from __future__ import annotations

import asyncio
import heapq

SETTLE_ROUNDS = 10
"""Turns of the event loop given to whatever one sleeper's waking sets off."""


class VirtualClock:
    """Time that stands still until it is advanced, as Unix seconds."""

    def __init__(self, start: float = 1_790_000_000.0, *, settle_rounds: int = SETTLE_ROUNDS) -> None:
        self._now = start
        self._settle_rounds = settle_rounds
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._slept = 0

    def now(self) -> float:
        """Return the current time."""
        return self._now

    @property
    def next_wake(self) -> float | None:
        """When the first sleeper is due, or None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def sleep(self, delay_s: float) -> None:
        """Return once the clock was advanced by `delay_s` seconds; nothing or less yields once."""
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        self._slept += 1
        heapq.heappush(self._sleepers, (self._now + delay_s, self._slept, woken))
        await woken

    async def advance(self, delay_s: float) -> None:
        """Let `delay_s` seconds pass, waking sleepers one by one, each at its own moment.

        Between two of them the event loop turns a few times, so that what the first sets off
        (sleeping again included) happens before the second wakes. Raises ValueError for less than 0.
        """
        if delay_s < 0:
            raise ValueError("time does not run backwards")
        target = self._now + delay_s
        await self._settle()
        while (due := self.next_wake) is not None and due <= target:
            self._now = max(self._now, due)
            heapq.heappop(self._sleepers)[2].set_result(None)
            await self._settle()
        self._now = target

    def set(self, moment: float) -> None:
        """Jump to a moment, as when a machine's clock is set; whoever became due wakes at once."""
        self._now = moment
        while (due := self.next_wake) is not None and due <= moment:
            heapq.heappop(self._sleepers)[2].set_result(None)

    async def _settle(self) -> None:
        for _ in range(self._settle_rounds):
            await asyncio.sleep(0)
