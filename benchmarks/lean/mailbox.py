"""Updates that wait to be fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

PAGE = 100
"""The most that one getUpdates brings (Bot API)."""


class Mailbox:
    """Numbered updates; an offset confirms everything below it, as getUpdates does."""

    def __init__(self, first_id: int = 1) -> None:
        self.next_id = first_id
        self.confirmed = first_id
        self._first = first_id
        self._updates: list[bytes] = []
        self._awaiting: list[tuple[int, asyncio.Future[None]]] = []
        self._notice: Callable[[], None] = lambda: None

    def on_arrival(self, notice: Callable[[], None]) -> None:
        """Call this whenever something new lies here."""
        self._notice = notice

    def put(self, updates: Sequence[bytes]) -> None:
        """Put in what is numbered from `next_id` on."""
        self._updates.extend(updates)
        self.next_id += len(updates)
        self._notice()

    def fetch(self, offset: int) -> bytes | None:
        """Confirm, and return the JSON of the next page; None if nothing waits."""
        if offset > self.confirmed:
            self._confirm(min(offset, self.next_id))
        if self.confirmed == self.next_id:
            return None
        begin = self.confirmed - self._first
        return b",".join(self._updates[begin : begin + PAGE])

    def __len__(self) -> int:
        return self.next_id - self.confirmed

    async def drained(self, patience_s: float = 300.0) -> None:
        """Return once everything that lies here now is confirmed."""
        if len(self):
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._awaiting.append((self.next_id, done))
            async with asyncio.timeout(patience_s):
                await done

    def _confirm(self, offset: int) -> None:
        self.confirmed = offset
        if offset == self.next_id:
            self._updates.clear()
            self._first = offset
        for number, done in list(self._awaiting):
            if number <= offset:
                self._awaiting.remove((number, done))
                if not done.done():
                    done.set_result(None)
