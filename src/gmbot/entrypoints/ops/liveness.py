"""Whether a restart would help: only when this process itself stands still, never because another does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

WEDGED_S: Final = 120.0
"""No update takes this long while every dependency answers: each question and each visit has a time limit."""

SILENT_S: Final = 30.0
"""An event loop that serves requests and wakes no sleeper for so long has lost its timers."""


class Heartbeat:
    """When the event loop last woke a sleeper; `monotonic` returns seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last = monotonic()

    def beat(self) -> None:
        """Note that it did."""
        self._last = self._monotonic()

    @property
    def silent_s(self) -> float:
        """For how many seconds it has not."""
        return self._monotonic() - self._last


class Liveness:
    """Answers from what is known already, without a look at anything."""

    def __init__(self, heartbeat: Heartbeat, intake_is_wedged: Callable[[], bool]) -> None:
        self._heartbeat = heartbeat
        self._intake_is_wedged = intake_is_wedged

    @property
    def wedged(self) -> str | None:
        """What stands still (loop, intake), or None."""
        if self._heartbeat.silent_s > SILENT_S:
            return "loop"
        return "intake" if self._intake_is_wedged() else None
