"""Work that steps aside, between two steps of its own, while somebody else's is under way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

PATIENCE_S = 0.02
"""For how long somebody goes first: whoever takes longer waits for something themselves."""


class Courtesy:
    """Who goes first now; whoever does not, `pause`s for them between two steps.

    Those who step aside go on one by one, each in a turn of the event loop: whatever comes in meanwhile waits
    for one step, and not for one of each of them.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._first = 0
        self._until = 0.0
        # A dict, unlike a set, keeps the order: whoever stepped aside first goes on first.
        self._waiting: dict[asyncio.Future[None], None] = {}
        self._line: deque[asyncio.Future[None]] = deque()
        self._stepping = False

    def enter(self) -> None:
        """Count somebody who goes first, as long as patience lasts."""
        self._first += 1
        self._until = asyncio.get_running_loop().time() + self._patience_s

    def leave(self) -> None:
        """Count them no longer; after the last of them the others go on."""
        self._first -= 1
        if not self._first:
            for waiting in self._waiting:
                _end(waiting)

    async def pause(self) -> None:
        """Return once nobody goes first, or patience with those who do has ended, and it is one's turn."""
        loop = asyncio.get_running_loop()
        if self._first and self._until > loop.time():
            await self._step_aside(loop)
        if self._stepping:
            turn: asyncio.Future[None] = loop.create_future()
            self._line.append(turn)
            await turn
        else:
            self._stepping = True
            loop.call_soon(self._next)

    async def _step_aside(self, loop: asyncio.AbstractEventLoop) -> None:
        over: asyncio.Future[None] = loop.create_future()
        self._waiting[over] = None
        alarm = loop.call_at(self._until, _end, over)
        try:
            await over
        finally:
            alarm.cancel()
            del self._waiting[over]

    def _next(self) -> None:
        """Let the next in line go on, in the turn of the event loop that follows this one."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next)
                return
        self._stepping = False


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


async def politely(work: Awaitable[T], courtesy: Courtesy) -> T:
    """Return what `work` does; before it begins and whenever it has waited, it lets others go first."""
    return await _Steps(work, courtesy)


class _Steps(Generic[T]):
    """What `await` does with an awaitable, with a pause before each step."""

    def __init__(self, work: Awaitable[T], courtesy: Courtesy) -> None:
        self._work = work
        self._courtesy = courtesy

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        error = yield from self._paused()
        while True:
            try:
                waited_for = steps.send(None) if error is None else steps.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            error = yield from self._paused(waited_for)

    def _paused(self, *waited_for: Any) -> Generator[Any, Any, BaseException | None]:
        """Wait for something, if for anything, and pause; return what ended that, for the work to hear."""
        try:
            yield from waited_for
            yield from self._courtesy.pause().__await__()
        except BaseException as thrown:  # noqa: BLE001 - a cancellation, which is the work's to hear
            return thrown
        return None
