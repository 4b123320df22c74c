"""A bounded set of tasks whose errors are never lost."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Hashable

from gmbot.resilience.courtesy import Courtesy, politely
from gmbot.resilience.fair_queue import FairQueue, Ticket

Work = Callable[[], Awaitable[None]]
_Waiting = tuple[Work, contextvars.Context]


class TaskPool:
    """Runs at most `limit` works at once; more wait: the most urgent first, then each lane in turn.

    Of one lane at most `per_lane` run (all, when None), and one of which nothing runs may exceed the
    limit by `reserve`: a flood in one lane is not felt in another. What starts while half of its lane's
    places are taken steps aside, between its steps, for what other lanes begin. `on_error` gets every
    error that a work lets out, and CancelledError when a work was cancelled by anybody but `stop`; it must
    not raise. A work, and what is told of its error, keeps the context variables of whoever spawned it.
    Raises ValueError for a limit below 1.
    """

    def __init__(
        self,
        limit: int,
        on_error: Callable[[BaseException], None],
        *,
        per_lane: int | None = None,
        reserve: int = 0,
        classes: int = 1,
    ) -> None:
        if limit < 1 or (per_lane is not None and per_lane < 1):
            raise ValueError("a pool runs at least one task")
        self._limit = limit
        self._on_error = on_error
        self._per_lane = limit if per_lane is None else per_lane
        self._reserve = reserve
        # Where lanes have no limit none is crowded: before one starts, fewer than this run.
        self._crowd = limit if per_lane is None else (per_lane + 1) // 2
        self._courtesy = Courtesy()
        self._running: dict[asyncio.Task[None], tuple[Hashable, contextvars.Context]] = {}
        self._in_lane: dict[Hashable, int] = {}
        self._backlog: FairQueue[_Waiting] = FairQueue(classes, now=_no_time)
        self._changed = asyncio.Event()
        self._stopped = False

    def __len__(self) -> int:
        """Return how many works run or wait."""
        return len(self._running) + len(self._backlog)

    @property
    def free(self) -> int:
        """How many works would start at once."""
        return max(0, self._limit - len(self))

    def at_once(self, lane: Hashable) -> bool:
        """Whether a work of this lane would start at once, and step aside for nobody."""
        # Whoever waits although there is room waits for their own lane.
        return len(self._running) < self._limit and self._in_lane.get(lane, 0) < self._crowd

    def spawn(self, work: Work, lane: Hashable = None, priority: int = 0) -> bool:
        """Start `work`, or let it wait its turn; return False if the pool has stopped."""
        if self._stopped:
            return False
        self._backlog.push((work, contextvars.copy_context()), lane, priority)
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
        while self._backlog.pop(lambda ticket: True):
            pass
        for task in self._running:
            task.cancel()
        self._changed.set()
        return abandoned

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _start(self) -> None:
        while len(self._running) < self._limit + self._reserve:
            ticket = self._backlog.pop(self._may_start)
            if ticket is None:
                return
            work, context = ticket.item
            before = self._in_lane.get(ticket.lane, 0)
            run = self._run if before < self._crowd else self._give_way
            task = asyncio.create_task(run(work), context=context)
            self._running[task] = ticket.lane, context
            self._in_lane[ticket.lane] = before + 1
            task.add_done_callback(self._done)

    def _may_start(self, ticket: Ticket[_Waiting]) -> bool:
        running = self._in_lane.get(ticket.lane, 0)
        room = self._limit if running else self._limit + self._reserve
        return running < self._per_lane and len(self._running) < room

    async def _run(self, work: Work) -> None:
        self._courtesy.enter()
        try:
            await work()
        finally:
            self._courtesy.leave()

    async def _give_way(self, work: Work) -> None:
        await politely(work(), self._courtesy)

    def _done(self, task: asyncio.Task[None]) -> None:
        lane, context = self._running.pop(task)
        self._leave_lane(lane)
        self._start()
        self._changed.set()
        if task.cancelled():
            error: BaseException | None = None if self._stopped else asyncio.CancelledError()
        else:
            error = task.exception()
        if error is not None:
            context.run(self._on_error, error)

    def _leave_lane(self, lane: Hashable) -> None:
        self._in_lane[lane] -= 1
        if not self._in_lane[lane]:
            del self._in_lane[lane]


def _no_time() -> float:
    """Turns in a pool depend on no clock."""
    return 0.0
