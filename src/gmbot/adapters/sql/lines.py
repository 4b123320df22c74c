"""Synchronous work in a thread of its own: what waits at the same time goes together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from gmbot.domain.errors import Unavailable

T = TypeVar("T")
Work = Callable[[Connection], T]
Together = Callable[[list[Work[Any]]], list[object]]
"""Does several works, in order, and returns what each returned or raised; it never raises itself."""


CLOSED = "the database was closed"


def in_transaction(engine: Engine, work: Work[T]) -> T:
    """Return what one work does: all of it is written, or nothing."""
    with engine.begin() as connection:
        return work(connection)


class _Waiting(NamedTuple):
    work: Work[Any]
    result: asyncio.Future[Any]


class Line:
    """Works in the order in which they came, at most `most` of them at a time.

    Going to the thread and back costs as much as a small work, so those that wait share the way.
    """

    def __init__(self, name: str, together: Together, most: int) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._together = together
        self._most = most
        self._waiting: deque[_Waiting] = deque()
        self._under_way = 0
        self._closed = False

    def __len__(self) -> int:
        """Return how many works wait or are being done."""
        return len(self._waiting) + self._under_way

    async def do(self, work: Work[T]) -> T:
        """Return what `work` returns. It is not begun if the caller gives up before its turn.

        Raises Unavailable once the line is closed.
        """
        if self._closed:
            raise Unavailable(CLOSED)
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if not self._under_way:
            self._go()
        result: T = await waiting.result
        return result

    async def close(self, last: Callable[[], None]) -> None:
        """Do something last, after what came before, and end the thread."""
        while self._waiting:
            await asyncio.wait([waiting.result for waiting in self._waiting])
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(self._executor, last)
        self._executor.shutdown(wait=False)

    def _go(self) -> None:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < self._most:
            waiting = self._waiting.popleft()
            if not waiting.result.done():
                batch.append(waiting)
        self._under_way = len(batch)
        if batch:
            works = [waiting.work for waiting in batch]
            job = asyncio.get_running_loop().run_in_executor(self._executor, self._together, works)
            job.add_done_callback(lambda done: self._done(batch, done))

    def _done(self, batch: list[_Waiting], job: asyncio.Future[list[object]]) -> None:
        outcomes = [Unavailable(CLOSED)] * len(batch) if job.cancelled() else job.result()
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.result.done():
                continue
            if isinstance(outcome, BaseException):
                waiting.result.set_exception(outcome)
            else:
                waiting.result.set_result(outcome)
        self._go()
