"""Repeating what failed for no reason that is there to stay: seldom, never all at once, never too late."""

from __future__ import annotations

import functools
import math
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any, ParamSpec, TypeVar

from gmbot.domain.errors import CircuitOpen, TransientError
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.clock import Clock, SystemClock
from gmbot.resilience.deadline import time_left_s

P = ParamSpec("P")
T = TypeVar("T")


class RetryBudget:
    """Repetitions, earned by calling: a `share` of the calls, of which at most `most` are saved up.

    It starts with `first`. So in an outage the calls are not doubled.
    """

    def __init__(self, *, share: float = 0.2, most: float = 10.0, first: float = 1.0) -> None:
        self._share = share
        self._most = most
        self._left = first

    def earn(self) -> None:
        """Count one call."""
        self._left = min(self._most, self._left + self._share)

    def spend(self) -> bool:
        """Take one repetition, if there is one."""
        affordable = self._left >= 1.0
        self._left -= affordable
        return affordable


class Retry:
    """Calls again what raised a TransientError, up to `max_attempts` times in all, with full jitter.

    Only for what is safe to repeat: questions, or effects that are the same when they happen twice. It
    does not wait beyond the caller's `deadline`, nor beyond `within_s` since it was called first, nor call
    without `budget`, nor what an open circuit refuses: that would be refused again. `on_retry` hears of
    every repetition. Raises ValueError for less than one attempt.
    """

    def __init__(
        self,
        max_attempts: int = 3,
        *,
        clock: Clock,
        backoff: Backoff,
        within_s: float = math.inf,
        budget: RetryBudget | None = None,
        on_retry: Callable[[], None] = lambda: None,
    ) -> None:
        if max_attempts < 1:
            raise ValueError("whoever calls at all attempts it once")
        self._max_attempts = max_attempts
        self._clock = clock
        self._backoff = backoff
        self._within_s = within_s
        self._budget = budget or RetryBudget()
        self._on_retry = on_retry

    async def call(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what `work` does in the end. Raises what its last attempt raised."""
        self._budget.earn()
        ends_at = self._clock.now() + self._within_s
        for attempt in range(1, self._max_attempts):
            try:
                return await work()
            except CircuitOpen:
                raise
            except TransientError as error:
                delay_s = self._backoff.delay_s(attempt, error.retry_after_s)
                left_s = min(time_left_s(), ends_at - self._clock.now())
                if delay_s >= left_s or not self._budget.spend():
                    raise
            self._on_retry()
            await self._clock.sleep(delay_s)
        return await work()

    def __call__(self, work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        """Return an async function that is called again when it failed."""

        @functools.wraps(work)
        async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.call(lambda: work(*args, **kwargs))

        return repeated


def async_retry(
    max_attempts: int = 3,
    *,
    clock: Clock | None = None,
    random: Callable[[], float] | None = None,
    first_s: float = 0.05,
    longest_s: float = 2.0,
    within_s: float = math.inf,
    budget: RetryBudget | None = None,
    on_retry: Callable[[], None] = lambda: None,
) -> Retry:
    """Decorate an async function that is safe to repeat; see Retry. `random` returns numbers from 0 to 1.

    The first wait is up to `first_s`, each one after it up to twice as long, and none exceeds `longest_s`.
    Without a clock and randomness it takes the machine's.
    """
    backoff = Backoff(first_s, longest_s, random=random or Random().random)
    return Retry(
        max_attempts,
        clock=clock or SystemClock(),
        backoff=backoff,
        within_s=within_s,
        budget=budget,
        on_retry=on_retry,
    )
