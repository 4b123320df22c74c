"""Room for so many at once, so that a flood of one kind leaves room for the others."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gmbot.domain.errors import Unavailable
from gmbot.resilience.deadline import deadline


class Bulkhead:
    """`async with bulkhead.room():` at most `limit` at once; the others wait, first come first served.

    When `most_waiting` wait already, nobody else does: they hear Unavailable. Raises ValueError for a limit
    below one.
    """

    def __init__(self, limit: int, *, most_waiting: int) -> None:
        if limit < 1:
            raise ValueError("a bulkhead has room for at least one")
        self._room = asyncio.Semaphore(limit)
        self._most_waiting = most_waiting
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait for room."""
        return self._waiting

    @asynccontextmanager
    async def room(self, within_s: float = math.inf) -> AsyncIterator[float]:
        """Wait for room, use it, and give it back however the block ends; yield how long that took.

        Raises Unavailable if there is none `within_s` seconds.
        """
        waited_s = 0.0
        if self._room.locked():
            waited_s = await self._wait(within_s)
        else:
            await self._room.acquire()
        try:
            yield waited_s
        finally:
            self._room.release()

    async def _wait(self, within_s: float) -> float:
        if self._waiting >= self._most_waiting:
            raise Unavailable("too many wait already")
        began = asyncio.get_running_loop().time()
        self._waiting += 1
        try:
            async with deadline(within_s):
                await self._room.acquire()
        finally:
            self._waiting -= 1
        return asyncio.get_running_loop().time() - began
