"""How long what is under way has been: whoever never ends is noticed."""

from __future__ import annotations

from collections.abc import Callable


class UnderWay:
    """Pieces of work between their begin and their end; `now` returns seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: dict[int, float] = {}
        self._begun = 0

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._since)

    @property
    def oldest_s(self) -> float:
        """For how many seconds the oldest has been under way; 0 when none is."""
        # Works are kept in the order of their beginnings.
        oldest = next(iter(self._since.values()), None)
        return 0.0 if oldest is None else max(0.0, self._now() - oldest)

    def begin(self) -> int:
        """Note that a work begins, and return its number."""
        self._begun += 1
        self._since[self._begun] = self._now()
        return self._begun

    def end(self, number: int) -> None:
        """Note that it has ended, however it did."""
        self._since.pop(number, None)
