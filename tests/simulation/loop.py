"""An event loop in which nothing is real: time passes when nobody is busy, and chance decides who is next."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import heapq
import random
from collections.abc import Coroutine, Generator
from typing import Any

MOST_TURNS = 1_000_000
"""More than any life needs: whoever spins is found out."""

OWNER: contextvars.ContextVar[Crowd | None] = contextvars.ContextVar("owner", default=None)
"""To whom the tasks belong that are created here."""


class Crowd:
    """The tasks of one process, in the order in which they were created."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def join(self, task: asyncio.Task[Any]) -> None:
        """Count a task in until it is done."""
        self._tasks[task] = None
        task.add_done_callback(self._leave)

    def living(self) -> list[asyncio.Task[Any]]:
        """Return those that are not done."""
        return [task for task in self._tasks if not task.done()]

    def _leave(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)


class _Numbered(asyncio.Future[Any]):
    """A future whose place in a set depends on when it was made, not on where it lies in memory."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._number = number

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class _NumberedTask(asyncio.Task[Any]):
    """A task of which the same is true."""

    _number = 0

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class SimulatedLoop(asyncio.BaseEventLoop):
    """Virtual time, no selector, no threads, no sockets.

    Of the callbacks that are ready, the next is drawn with probability `disorder`, else it is the oldest.
    Time leaps to the next timer once nothing is ready. Whatever asyncio would complain about is in
    `complaints`. Raises RuntimeError when nothing would ever happen any more, or too much.
    """

    _ready: collections.deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _timer_cancelled_count: int

    def __init__(self, chance: random.Random, disorder: float) -> None:
        super().__init__()
        self._chance = chance
        self._disorder = disorder
        self._moment = 0.0
        self._made = 0
        self.turns = 0
        self.complaints: list[str] = []
        self.set_exception_handler(self._complain)
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._moment

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future that sorts by age."""
        self._made += 1
        return _Numbered(self._made, self)

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        task = _NumberedTask(work, loop=loop, context=context)
        self._made += 1
        task._number = self._made
        owner = OWNER.get() if context is None else context.get(OWNER)
        if owner is not None:
            owner.join(task)
        return task

    def _run_once(self) -> None:
        if not self._ready:
            self._leap()
        self.turns += 1
        if self.turns > MOST_TURNS:
            raise RuntimeError(f"{MOST_TURNS} turns, and still busy at {self._moment:.3f} s")
        handle = self._draw()
        if not handle.cancelled():
            handle._run()

    def _draw(self) -> asyncio.Handle:
        ready = self._ready
        if len(ready) > 1 and self._chance.random() < self._disorder:
            place = int(self._chance.random() * len(ready))
            handle = ready[place]
            del ready[place]
            return handle
        return ready.popleft()

    def _leap(self) -> None:
        """Go to the next moment at which somebody wanted to be woken."""
        while self._scheduled and not self._ready:
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]
            if timer.cancelled():
                self._timer_cancelled_count -= 1
            else:
                self._moment = max(self._moment, timer.when())
                self._ready.append(timer)
        if not self._ready:
            raise RuntimeError("nothing will ever happen again")
        while self._scheduled and self._scheduled[0].when() <= self._moment:
            timer = heapq.heappop(self._scheduled)
            timer._scheduled = False  # type: ignore[attr-defined]
            if timer.cancelled():
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        what = f" ({type(error).__name__}: {error})" if error is not None else ""
        self.complaints.append(f"{context.get('message')}{what}")

    def _process_events(self, event_list: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""
