"""Telegram's 429s: which calls must wait, and until when."""

from __future__ import annotations

import math

from gmbot.domain.errors import TooManyRequests
from gmbot.gate.events import RateLimitDelayed
from gmbot.gate.ports import Clock, Emit

RESERVE_S = 1.0
"""A call that has waited is still left this long to be made in."""

SPRING_CLEANING = 1_000

Target = tuple[str, int | str | None]
"""A method and a chat: Telegram limits each pair by itself (SEMANTICS: limits and delivery)."""


class Waits:
    """Keeps the calls to a (method, chat) back until `retry_after` is over."""

    def __init__(self, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._until: dict[Target, float] = {}

    def hold_back(self, target: Target, delay_s: float) -> None:
        """Let nothing go to `target` for `delay_s` seconds from now."""
        now = self._clock.now()
        if len(self._until) >= SPRING_CLEANING:
            self._until = {t: until for t, until in self._until.items() if until > now}
        self._until[target] = max(now + delay_s, self._until.get(target, -math.inf))
        self._emit(RateLimitDelayed(target[0], delay_s))

    async def turn(self, target: Target, deadline: float) -> None:
        """Return when `target` may be called again.

        Raises TooManyRequests, with how long is left, if that is too late for `deadline` (Unix seconds).
        """
        while (left_s := self.left_s(target)) > 0:
            self._emit(RateLimitDelayed(target[0], left_s))
            if self._clock.now() + left_s + RESERVE_S > deadline:
                text = f"{target[0]}: Telegram wants {left_s:.0f} s more of silence"
                raise TooManyRequests(text, retry_after_s=left_s)
            await self._clock.sleep(left_s)

    def left_s(self, target: Target) -> float:
        """Return how long nothing may go to `target`; 0 if something may."""
        if not self._until or target not in self._until:
            return 0.0
        left_s = self._until[target] - self._clock.now()
        if left_s <= 0:
            del self._until[target]
        return left_s
