"""Mutual exclusion per key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

K = TypeVar("K")


class _Turns:
    """One key's lock and how many hold it or wait for it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.people = 0


class KeyedLock(Generic[K]):
    """`async with locks(key):` one at a time for each key, first come first served.

    Not reentrant. A key that nobody holds or waits for takes no memory.
    """

    def __init__(self) -> None:
        self._turns: dict[K, _Turns] = {}

    def __len__(self) -> int:
        """Return how many keys are held or waited for."""
        return len(self._turns)

    def held(self, key: K) -> bool:
        """Whether anybody holds or waits for `key`."""
        return key in self._turns

    @asynccontextmanager
    async def __call__(self, key: K) -> AsyncIterator[None]:
        """Wait for `key`, hold it, and give it back however the block ends."""
        turns = self._turns.setdefault(key, _Turns())
        turns.people += 1
        try:
            async with turns.lock:
                yield
        finally:
            turns.people -= 1
            if not turns.people:
                del self._turns[key]
