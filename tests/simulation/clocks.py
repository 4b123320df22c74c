"""The world's clock, and that of a machine, which may be wrong."""

from __future__ import annotations

import asyncio

START = 1_790_000_000.0
"""The Unix second at which every simulation begins."""


class WorldClock:
    """Telegram's time."""

    def now(self) -> float:
        """Return the current time in Unix seconds."""
        return START + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)


class MachineClock:
    """What the machines of GMBot believe; `ahead_s` is how wrong they are."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> float:
        """Return what the machine takes for the time."""
        return START + asyncio.get_running_loop().time() + self.ahead_s
