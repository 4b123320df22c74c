"""One call for everybody who asks the same thing at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gmbot.domain.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")


class _Flight(Generic[V]):
    """A call under way and how many wait for it."""

    def __init__(self, work: Callable[[], Awaitable[V]]) -> None:
        self.task = asyncio.create_task(self._run(work))
        self.waiting = 0

    @staticmethod
    async def _run(work: Callable[[], Awaitable[V]]) -> V:
        return await work()


class SingleFlight(Generic[K, V]):
    """Lets simultaneous callers of one key share one call; remembers nothing once it has ended."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight[V]] = {}
        self._tasks: set[asyncio.Task[V]] = set()

    def __len__(self) -> int:
        """Return how many calls are under way."""
        return len(self._flights)

    async def do(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """Return what `work` returns, or what the call for `key` that is under way does.

        An error goes to everybody who waits. A caller who is cancelled leaves the call to the others;
        when nobody waits any more, it is cancelled too. Raises Unavailable if it was cancelled from
        elsewhere: that is no cancellation of the caller.
        """
        flight = self._flight(key, work)
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
        finally:
            flight.waiting -= 1
            self._leave(key, flight)
        if flight.task.cancelled():
            raise Unavailable("the shared call was cancelled")
        return flight.task.result()

    def _flight(self, key: K, work: Callable[[], Awaitable[V]]) -> _Flight[V]:
        flight = self._flights.get(key)
        if flight is None or flight.task.done():
            flight = self._flights[key] = _Flight(work)
            self._tasks.add(flight.task)
            flight.task.add_done_callback(self._landed)
        return flight

    def _leave(self, key: K, flight: _Flight[V]) -> None:
        if flight.waiting:
            return
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.task.cancel()

    def _landed(self, task: asyncio.Task[V]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # An error that nobody is left to hear counts as heard: asyncio would log it otherwise.
            task.exception()
