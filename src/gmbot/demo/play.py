"""The playground beside the story: the same world and the same bot, in chats of its own."""

from __future__ import annotations

import errno
import os
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gmbot.bootstrap import Product
from gmbot.demo.box import Box
from gmbot.demo.surroundings import Surroundings
from gmbot.domain.errors import ConfigurationError
from gmbot.simulator.playground import Lever, Playground, furnish

USUAL_PORT = 8765


@asynccontextmanager
async def playing(
    box: Box, product: Product, around: Surroundings, port: int | None = None
) -> AsyncIterator[Playground]:
    """Yield the playground, served on loopback. Raises ConfigurationError when its port is taken."""
    assert product.ops is not None  # noqa: S101 - a product that has started serves its pages
    playground = Playground(
        box.simulator,
        furnish(box.world, box.bot),
        bot_pages=f"http://127.0.0.1:{product.ops.port}",
        levers=_levers(around),
    )
    await _start(playground, port)
    try:
        yield playground
    finally:
        await playground.stop()


def open_browser(url: str) -> None:
    """Open the page without waiting for it, where there is a screen: no browser inside the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


async def _start(playground: Playground, port: int | None) -> None:
    try:
        await playground.start(USUAL_PORT if port is None else port)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            await playground.start()
            return
        raise ConfigurationError(
            f"--port {USUAL_PORT if port is None else port} cannot be listened on; "
            "for example --port 0, which takes any free one"
        ) from error


def _levers(around: Surroundings) -> tuple[Lever, ...]:
    redis = Lever("redis", "Redis down", "Nothing to break: this demo runs without Redis.")
    if around.redis is not None:
        redis = Lever(
            "redis", "Redis down", "Redis hangs. Nobody should notice but the chart.", around.redis.switch
        )
    database = Lever(
        "database", "Database down", "GMBot's own database does not answer.", around.database.switch
    )
    return database, redis
