"""What became of the calls of the last seconds."""

from __future__ import annotations

from typing import NamedTuple

SLICES = 60
"""Into how many slices a window is cut: what is counted leaves it a slice at a time."""


class Counts(NamedTuple):
    """So many calls, and how many of them failed or took too long."""

    calls: int
    failures: int
    slow: int


class Tally:
    """Counts over the last `window_s` seconds, of which at most the oldest sixtieth is missing already.

    It takes the same time and memory however many calls there are. A clock that is set back counts as
    one that stands still. `calls`, `failures` and `slow` are as of the last `add`. Raises ValueError unless
    the window is longer than nothing.
    """

    def __init__(self, window_s: float) -> None:
        if window_s <= 0:
            raise ValueError("a window is longer than nothing")
        self._slice_s = window_s / SLICES
        self._newest = 0
        self.clear()

    def add(self, now: float, calls: int, failures: int, slow: int) -> None:
        """Count at a moment, in seconds of any clock."""
        self._forget(int(now // self._slice_s))
        current = self._slices[self._newest % SLICES]
        current[0] += calls
        self.calls += calls
        # Most calls are neither.
        if failures or slow:
            current[1] += failures
            current[2] += slow
            self.failures += failures
            self.slow += slow

    def counts(self, now: float) -> Counts:
        """Return what was counted lately."""
        self._forget(int(now // self._slice_s))
        return Counts(self.calls, self.failures, self.slow)

    def clear(self) -> None:
        """Forget everything."""
        self.calls = self.failures = self.slow = 0
        self._slices = [[0, 0, 0] for _ in range(SLICES)]

    def _forget(self, newest: int) -> None:
        passed = newest - self._newest
        if passed <= 0:
            return
        self._newest = newest
        for number in range(newest - min(passed, SLICES) + 1, newest + 1):
            calls, failures, slow = self._slices[number % SLICES]
            self._slices[number % SLICES] = [0, 0, 0]
            self.calls -= calls
            self.failures -= failures
            self.slow -= slow
