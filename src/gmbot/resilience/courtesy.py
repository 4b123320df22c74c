"""Work that steps aside, between two steps of its own, while somebody else's is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")

PATIENCE_S = 0.02
"""For how long somebody goes first: whoever takes longer waits for something themselves."""


class Courtesy:
    """Who goes first now; whoever does not, `pause`s for them between two steps."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._first = 0
        self._until = 0.0
        # A dict, unlike a set, keeps the order: whoever stepped aside first goes on first.
        self._waiting: dict[asyncio.Future[None], None] = {}

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
        """Return once nobody goes first, or patience with those who do has ended."""
        loop = asyncio.get_running_loop()
        if not self._first or self._until <= loop.time():
            return
        over: asyncio.Future[None] = loop.create_future()
        self._waiting[over] = None
        alarm = loop.call_at(self._until, _end, over)
        try:
            await over
        finally:
            alarm.cancel()
            del self._waiting[over]


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


async def politely(work: Awaitable[T], courtesy: Courtesy) -> T:
    """Return what `work` does; each time that it has waited for something it lets others go first."""
    return await _Steps(work, courtesy)


class _Steps(Generic[T]):
    """What `await` does with an awaitable, with a pause after each wait."""

    def __init__(self, work: Awaitable[T], courtesy: Courtesy) -> None:
        self._work = work
        self._courtesy = courtesy

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        error: BaseException | None = None
        while True:
            try:
                waited_for = steps.send(None) if error is None else steps.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                yield waited_for
                yield from self._courtesy.pause().__await__()
            except BaseException as thrown:  # noqa: BLE001 - a cancellation, which is the work's to hear
                error = thrown
            else:
                error = None
