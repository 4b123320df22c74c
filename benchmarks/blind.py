"""GMBot with nobody looking: no metric, log line or report. What observability costs is the difference."""

from __future__ import annotations

import asyncio
import os
import signal

import uvloop

from gmbot.bootstrap import Product
from gmbot.gate.events import Event
from gmbot.gate.tally import Spread
from gmbot.settings import Settings


class Uncounted(Spread):
    """A histogram of nothing."""

    def observe(self, value: float) -> None:
        """Count nothing."""


class Blind(Product):
    """The product, telling nobody anything."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        tally = self.metrics.tally
        tally.messages = tally.edited = tally.lags = tally.recalls = Uncounted()

    def emit(self, event: Event) -> None:
        """Tell nobody."""

    def sampled(self, update_id: int) -> bool:
        """Leave every ordinary update untold."""
        return False


async def _run() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    async with Blind(Settings.load(os.environ)) as product:
        await product.until(told)


if __name__ == "__main__":
    uvloop.run(_run())
