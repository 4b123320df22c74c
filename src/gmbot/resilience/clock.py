"""Where time comes from: the system, or whatever a test puts in its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol


class Clock(Protocol):
    """Time, as Unix seconds."""

    def now(self) -> float:
        """Return the current time."""
        ...

    def sleep(self, delay_s: float) -> Awaitable[None]:
        """Return after `delay_s` seconds."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return the current time in Unix seconds."""
        return time.time()

    async def sleep(self, delay_s: float) -> None:
        """Return after `delay_s` seconds; zero or less only gives way to others."""
        await asyncio.sleep(delay_s)


class SteadyClock:
    """The time of a machine as it was once, and from then on as even as any wait: it never jumps.

    `monotonic` returns seconds.
    """

    def __init__(self, machine: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._machine = machine
        self._monotonic = monotonic
        self._ahead_s = machine.now() - monotonic()

    def now(self) -> float:
        """Return the time in Unix seconds, as right as the machine's clock was."""
        return self._monotonic() + self._ahead_s

    async def sleep(self, delay_s: float) -> None:
        """Return after `delay_s` seconds."""
        await self._machine.sleep(delay_s)
