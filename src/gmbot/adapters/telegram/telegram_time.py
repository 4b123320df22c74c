"""Telegram's clock, as far as it can be told from `Date` headers."""

from __future__ import annotations

import math

from gmbot.gate.ports import Clock


class TelegramTime:
    """Our clock, moved as little as agrees with what Telegram said.

    A `Date` of second D, heard between our times `asked` and `heard`, says that Telegram's clock is
    ahead of ours by D - heard at least and by D + 1 - asked at most.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = 0.0

    def now(self) -> float:
        """Return Telegram's time in Unix seconds."""
        return self._clock.now() + self._ahead_s

    def hear(self, date: float | None, asked: float, heard: float) -> None:
        """Learn from a `Date` header; our own clock stepping back meanwhile makes it useless."""
        if date is None or heard < asked:
            return
        self._ahead_s = min(max(self._ahead_s, date - heard), date + 1 - asked)

    def second_asked(self, date: float | None, asked: float, heard: float) -> int:
        """Return the second in which a question was asked, or an earlier one, never a later one."""
        answered = self.now() if date is None else date
        return math.floor(answered - max(heard - asked, 0.0))
