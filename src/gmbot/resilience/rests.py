"""Whom not to ask again yet, after asking failed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

SPRING_CLEANING = 10_000


class Rests(Generic[K]):
    """After each failure a key rests twice as long, from `first_s` to `longest_s` seconds."""

    def __init__(self, first_s: float, longest_s: float, *, now: Callable[[], float]) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._now = now
        self._resting: dict[K, tuple[float, float]] = {}

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._resting)

    def rests(self, key: K) -> bool:
        """Whether a key is not to be asked now."""
        if not self._resting or (rest := self._resting.get(key)) is None:
            return False
        left_s = rest[0] - self._now()
        # A clock that is set back must not make anybody rest for longer than they were told to.
        return 0 < left_s <= self._longest_s

    def failed(self, key: K) -> None:
        """Have a key rest."""
        _, last_s = self._resting.get(key, (0.0, self._first_s / 2))
        if len(self._resting) >= SPRING_CLEANING:
            self._resting = {k: rest for k, rest in self._resting.items() if self.rests(k)}
        rest_s = min(last_s * 2, self._longest_s)
        self._resting[key] = (self._now() + rest_s, rest_s)

    def succeeded(self, key: K) -> None:
        """Forget a key's failures."""
        if self._resting:
            self._resting.pop(key, None)
