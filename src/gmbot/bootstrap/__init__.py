"""The composition root: the one place that sees everything. Ordered start, ordered stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

from gmbot.bootstrap import garbage
from gmbot.bootstrap.bot_at_work import BotAtWork, Parts, assemble, start_polling
from gmbot.bootstrap.product import Demo, Product
from gmbot.settings import Settings
from gmbot.telemetry.hooks import Hooks

__all__ = ["BotAtWork", "Demo", "Parts", "Product", "assemble", "run", "start_polling"]


SWITCH_S = 0.0005
"""How long the threads that read and write SQLite may keep the event loop waiting; Python's own is 5 ms."""


async def run(settings: Settings) -> None:
    """Run the service until SIGTERM or SIGINT; SIGUSR1 has it log everything, or less again.

    Raises ConfigurationError for what an operator must mend.
    """
    sys.setswitchinterval(SWITCH_S)
    garbage.take_up()
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    product = Product(settings)
    loop.add_signal_handler(signal.SIGUSR1, product.desk.set_level)
    serving = asyncio.create_task(_serve(product, told))
    stopping = asyncio.create_task(told.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done() and not product.ready:
        serving.cancel()
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(product: Product, told: asyncio.Event) -> None:
    with Hooks():
        async with product:
            garbage.take_up()
            await product.until(told)
