"""Room for so many at once, so that a flood of one kind leaves room for the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gmbot.domain.errors import Unavailable


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
    async def room(self) -> AsyncIterator[None]:
        """Wait for room, use it, and give it back however the block ends."""
        if not self._room.locked():
            await self._room.acquire()
        else:
            await self._wait()
        try:
            yield
        finally:
            self._room.release()

    async def _wait(self) -> None:
        if self._waiting >= self._most_waiting:
            raise Unavailable("too many wait already")
        self._waiting += 1
        try:
            await self._room.acquire()
        finally:
            self._waiting -= 1
