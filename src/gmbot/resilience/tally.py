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
    one that stands still. Raises ValueError unless the window is longer than nothing.
    """

    def __init__(self, window_s: float) -> None:
        if window_s <= 0:
            raise ValueError("a window is longer than nothing")
        self._slice_s = window_s / SLICES
        self._slices = [[0, 0, 0] for _ in range(SLICES)]
        self._sums = [0, 0, 0]
        self._newest = 0

    def add(self, now: float, calls: int, failures: int, slow: int) -> None:
        """Count at a moment, in seconds of any clock."""
        self._forget(now)
        current, sums = self._slices[self._newest % SLICES], self._sums
        for index, number in enumerate((calls, failures, slow)):
            current[index] += number
            sums[index] += number

    def counts(self, now: float) -> Counts:
        """Return what was counted lately."""
        self._forget(now)
        return Counts(*self._sums)

    def clear(self) -> None:
        """Forget everything."""
        self._sums = [0, 0, 0]
        self._slices = [[0, 0, 0] for _ in range(SLICES)]

    def _forget(self, now: float) -> None:
        newest = int(now // self._slice_s)
        passed = newest - self._newest
        if passed <= 0:
            return
        self._newest = newest
        if passed >= SLICES:
            self.clear()
            return
        for number in range(newest - passed + 1, newest + 1):
            old = self._slices[number % SLICES]
            for index in range(3):
                self._sums[index] -= old[index]
                old[index] = 0
