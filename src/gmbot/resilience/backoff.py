"""How long to wait before another attempt."""

from __future__ import annotations

from collections.abc import Callable

_MOST_DOUBLINGS = 64


class Backoff:
    """Exponential backoff with full jitter, so that those who failed together do not return together.

    `random` returns numbers from 0 to 1. Raises ValueError unless 0 < `first_s` ≤ `cap_s`.
    """

    def __init__(self, first_s: float = 1.0, cap_s: float = 60.0, *, random: Callable[[], float]) -> None:
        if not 0 < first_s <= cap_s:
            raise ValueError("a backoff starts above zero and not above its cap")
        self._first_s = first_s
        self._cap_s = cap_s
        self._random = random

    def delay_s(self, attempts: int, retry_after_s: float | None = None) -> float:
        """Return the seconds to wait after `attempts` failures, never fewer than `retry_after_s`."""
        doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
        ceiling_s = min(self._cap_s, self._first_s * 2.0**doublings)
        return max(self._random() * ceiling_s, retry_after_s or 0.0)
