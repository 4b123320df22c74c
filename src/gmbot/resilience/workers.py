"""A bounded set of tasks whose errors are never lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

Work = Callable[[], Awaitable[None]]


class TaskPool:
    """Runs at most `limit` works at once; more wait their turn, in order.

    `on_error` gets every error that a work lets out, and CancelledError when a work was cancelled by
    anybody but `stop`; it must not raise. Raises ValueError for a limit below 1.
    """

    def __init__(self, limit: int, on_error: Callable[[BaseException], None]) -> None:
        if limit < 1:
            raise ValueError("a pool runs at least one task")
        self._limit = limit
        self._on_error = on_error
        self._running: set[asyncio.Task[None]] = set()
        self._backlog: deque[Work] = deque()
        self._changed = asyncio.Event()
        self._stopped = False

    def __len__(self) -> int:
        """Return how many works run or wait."""
        return len(self._running) + len(self._backlog)

    @property
    def free(self) -> int:
        """How many works would start at once."""
        return max(0, self._limit - len(self))

    def spawn(self, work: Work) -> bool:
        """Start `work`, or let it wait its turn; return False if the pool has stopped."""
        if self._stopped:
            return False
        self._backlog.append(work)
        self._start()
        return True

    async def room(self) -> None:
        """Return once a work would start at once; this is how a source is slowed down."""
        while not self.free and not self._stopped:
            await self._change()

    async def idle(self) -> None:
        """Return once nothing runs or waits; a work must not wait for this itself."""
        while len(self):
            await self._change()

    async def stop(self, grace_s: float, unwind_s: float = 2.0) -> int:
        """Let works end for `grace_s`, then cancel them and wait `unwind_s`; return how many did not end.

        Works may still spawn others during the grace; afterwards nothing is accepted.
        """
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await self.idle()
        finally:
            abandoned = self._abandon()
        if self._running:
            await asyncio.wait(self._running, timeout=unwind_s)
        return abandoned

    def _abandon(self) -> int:
        self._stopped = True
        abandoned = len(self)
        self._backlog.clear()
        for task in self._running:
            task.cancel()
        self._changed.set()
        return abandoned

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _start(self) -> None:
        while self._backlog and len(self._running) < self._limit:
            task = asyncio.create_task(self._run(self._backlog.popleft()))
            self._running.add(task)
            task.add_done_callback(self._done)

    @staticmethod
    async def _run(work: Work) -> None:
        await work()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()
        self._changed.set()
        if task.cancelled():
            error: BaseException | None = None if self._stopped else asyncio.CancelledError()
        else:
            error = task.exception()
        if error is not None:
            self._on_error(error)
