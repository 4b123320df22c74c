"""How much may be done, and by whom: a token bucket, sliding windows, and fair shares."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
Now = Callable[[], float]

SLACK = 0.001
"""Tokens that rounding may cost: Unix seconds as floats are exact to 0.2 µs only."""

SPRING_CLEANING = 1_000


class SharedBudget(Protocol):
    """A budget that several processes share; it never blocks and never raises: who cannot tell says 0."""

    async def take(self, key: str, n: int = 1) -> float:
        """Take `n` of the budget `key`, and return how many seconds to wait before using them."""
        ...


class Budget:
    """A token bucket: `rate_per_s` tokens a second, and at most `burst` of them saved up; it starts full.

    Raises ValueError unless both are above zero and the burst is a whole token or more.
    """

    def __init__(self, rate_per_s: float, burst: float, *, now: Now) -> None:
        if rate_per_s <= 0 or burst < 1:
            raise ValueError("a budget has a rate above zero and a burst of at least one")
        self._rate_per_s = rate_per_s
        self._burst = float(burst)
        self._now = now
        self._level = self._burst
        self._at = now()

    @property
    def level(self) -> float:
        """How many tokens there are; below zero after `spend`."""
        now = self._now()
        # A clock that is set back brings no tokens and takes none.
        self._level = min(self._burst, self._level + max(now - self._at, 0.0) * self._rate_per_s)
        self._at = now
        return self._level

    def take(self, n: float = 1.0, *, keep: float = 0.0) -> bool:
        """Take `n` tokens if at least `keep` are left then."""
        if self.level + SLACK < n + keep:
            return False
        self._level -= n
        return True

    def spend(self, n: float) -> None:
        """Take `n` tokens even if there are none: what was used elsewhere is missing here."""
        self._level = self.level - n

    def wait_s(self, n: float = 1.0, *, keep: float = 0.0) -> float:
        """Return how long until `take` succeeds, if nobody else takes; more than fits never comes."""
        missing = n + keep - self.level
        return 0.0 if missing <= SLACK else missing / self._rate_per_s


class Windows(Generic[K]):
    """At most `count` in any `period_s` seconds, for each key by itself. Raises ValueError below one."""

    def __init__(self, count: int, period_s: float, *, now: Now) -> None:
        if count < 1 or period_s < 0:
            raise ValueError("a window has room for at least one, in a time not below zero")
        self._count = count
        self._period_s = period_s
        self._now = now
        self._used: dict[K, deque[float]] = {}

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._used)

    def wait_s(self, key: K) -> float:
        """Return how long until `key` has room; 0 if it has."""
        used = self._used.get(key)
        if used is None or len(used) < self._count:
            return 0.0
        # The oldest of the last `count`: older ones do not matter any more.
        return max(0.0, used[0] + self._period_s - self._now())

    def add(self, key: K) -> None:
        """Count one for `key` now, whether it has room or not."""
        if len(self._used) >= SPRING_CLEANING and key not in self._used:
            self._sweep()
        used = self._used.setdefault(key, deque(maxlen=self._count))
        used.append(self._now())

    def _sweep(self) -> None:
        since = self._now() - self._period_s
        self._used = {key: used for key, used in self._used.items() if used[-1] > since}


class Shares(Generic[K]):
    """Tells those who used little lately from those who used much.

    Modest is who stays within `rate_per_s` and bursts of `burst`. Nobody is refused anything here.
    """

    def __init__(self, rate_per_s: float, burst: float, *, now: Now) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._now = now
        self._used: dict[K, tuple[float, float]] = {}

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._used)

    def modest(self, key: K) -> bool:
        """Whether one more of `key` is within its share."""
        return self._level(key) + 1.0 <= self._burst + SLACK

    def charge(self, key: K) -> None:
        """Count one for `key`; what is beyond twice the burst is forgiven."""
        if len(self._used) >= SPRING_CLEANING and key not in self._used:
            self._used = {k: used for k, used in self._used.items() if self._level(k) > 0}
        self._used[key] = min(self._level(key) + 1.0, 2 * self._burst), self._now()

    def _level(self, key: K) -> float:
        used = self._used.get(key)
        if used is None:
            return 0.0
        level, at = used
        return max(0.0, level - max(self._now() - at, 0.0) * self._rate_per_s)
