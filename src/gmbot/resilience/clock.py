"""Where time comes from: the system, or whatever a test puts in its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
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
