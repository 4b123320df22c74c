"""What the common case counts: plain numbers, which telemetry takes over when somebody looks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec


class Observed(msgspec.Struct, frozen=True):
    """What was observed since it was last taken: how often, for each bound and beyond the last; the sum."""

    counts: tuple[int, ...]
    total: float


class Spread:
    """A histogram's counts; a value belongs to the first of `bounds` (ascending) that is not below it."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: Sequence[float] = ()) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def take(self) -> Observed:
        """Return what was counted, and begin anew."""
        taken = Observed(tuple(self._counts), self._total)
        self._counts = [0] * len(self._counts)
        self._total = 0.0
        return taken


class Bounds(msgspec.Struct, frozen=True):
    """Where histograms are cut, in seconds."""

    handling: tuple[float, ...] = ()
    lag: tuple[float, ...] = ()
    recall: tuple[float, ...] = ()


class Tally:
    """What UpdateHandled and MembershipRecalled would tell of messages that passed at once.

    `messages` and `edited` are the seconds of handling them, `lags` how old they were, `recalls` how long
    it took to find in memory that their authors are allowed, where that was looked for.
    """

    __slots__ = ("bounds", "edited", "lags", "messages", "recalls")

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds = bounds or Bounds()
        self.messages = Spread(bounds.handling)
        self.edited = Spread(bounds.handling)
        self.lags = Spread(bounds.lag)
        self.recalls = Spread(bounds.recall)
