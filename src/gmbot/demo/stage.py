"""Puts the product before the box, has the story told, and clears everything away."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from gmbot.bootstrap import Demo, Product
from gmbot.demo.box import TOKEN, Box, opened_box
from gmbot.demo.screen import Screen
from gmbot.demo.story import PATIENCE_S, tell
from gmbot.demo.surroundings import Surroundings, surroundings
from gmbot.settings import Secret, Settings

FAILED = 1
LAST_LINES = 8
PAGE_TIMEOUT_S = 5.0
LOOK_AGAIN_S = 0.1


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """How the playground is offered.

    On that port, or (None) on the usual one; in a browser or not; after the story or at once.
    """

    port: int | None = None
    browser: bool = False
    story: bool = True


NO_BROWSER = Invitation()


async def ended_in_order(performance: Coroutine[Any, Any, int]) -> int:
    """Return the performance's exit code; SIGTERM and SIGHUP end it in order too, as Ctrl-C does."""
    told: list[int] = []
    task = asyncio.create_task(performance)

    def end(number: int) -> None:
        told.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not told:
            raise
        return 128 + told[0]


async def perform(
    screen: Screen,
    *,
    keep: bool,
    invitation: Invitation = NO_BROWSER,
    open_box: Callable[[], AbstractAsyncContextManager[Box]] = opened_box,
    patience_s: float = PATIENCE_S,
) -> int:
    """Run the product against a box, tell the story, ask its pages, and return the exit code.

    If all went well and it is to `keep`, the playground is served until this is cancelled.
    """
    screen.title("GMBot, the whole of it, against a Telegram in a box on this machine")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gmbot-demo-") as folder:
        log = Path(folder, "gmbot.log")
        async with (
            surroundings(Path(folder)) as around,
            open_box() as box,
            running(box, Path(folder), log, around) as product,
        ):
            screen.say("polling, with embedded SQLite; nothing leaves this machine")
            told = not invitation.story or await _tell(box, product, screen, patience_s)
            well = told and await _ask_pages(product, screen)
            if invitation.story:
                _conclude(screen, log, time.perf_counter() - began, well=well)
            if keep and well:
                screen.say(f"GMBot's log is {log}.")
                await _play(box, product, around, screen, invitation)
    return 0 if well else FAILED


async def _play(
    box: Box, product: Product, around: Surroundings, screen: Screen, invitation: Invitation
) -> None:
    """Serve the page until this is cancelled."""
    from gmbot.demo.play import open_browser, playing

    async with playing(box, product, around, invitation.port) as playground:
        screen.address(playground.url, "your turn: play Telegram with it in a browser")
        screen.say("Still running. Ctrl-C ends it all.")
        if invitation.browser:
            open_browser(playground.url)
        await asyncio.Event().wait()


@asynccontextmanager
async def running(box: Box, folder: Path, log: Path, around: Surroundings) -> AsyncIterator[Product]:
    """Yield the product at work for the box; all is mended at the end so that nothing holds it up."""
    settings = Settings(
        bot_tokens=(Secret(TOKEN),),
        database_url=Secret(f"sqlite:///{folder}/gmbot.db"),
        redis_url=Secret(around.redis.url) if around.redis else None,
        ops_port=0,
        telegram_api_url=box.simulator.url,
    )
    with log.open("ab") as stream:
        async with Product(settings, stream=stream, demo=Demo(around.database.open_database)) as product:
            try:
                yield product
            finally:
                around.mend()
                box.simulator.faults.clear()


async def _tell(box: Box, product: Product, screen: Screen, patience_s: float) -> bool:
    async def settled() -> None:
        await asyncio.gather(*(work.settled() for work in product.bots))

    screen.gap()
    screen.columns()
    return await tell(box, screen, settled, patience_s=patience_s)


async def _ask_pages(product: Product, screen: Screen) -> bool:
    """Fetch what operators look at, and show how it answers."""
    assert product.ops is not None  # noqa: S101 - a product that has started serves its pages
    root = f"http://127.0.0.1:{product.ops.port}"
    screen.gap()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PAGE_TIMEOUT_S)) as session:
        health, body = await _get(session, f"{root}/health")
        began = time.perf_counter()
        # The last act was an outage: it takes a moment until that is seen to be over.
        while _status(body) != "healthy" and time.perf_counter() - began < PAGE_TIMEOUT_S:
            await asyncio.sleep(LOOK_AGAIN_S)
            health, body = await _get(session, f"{root}/health")
        screen.address(f"{root}/health", f"{health} {_status(body)}")
        metrics, body = await _get(session, f"{root}/metrics")
        families = body.count(b"# TYPE ")
        screen.address(f"{root}/metrics", f"{metrics}, {families} metrics")
    return health == metrics == 200 and families > 0


async def _get(session: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    async with session.get(url) as response:
        return response.status, await response.read()


def _status(body: bytes) -> str:
    return str(msgspec.json.decode(body, type=dict[str, object]).get("status"))


def _conclude(screen: Screen, log: Path, seconds: float, *, well: bool) -> None:
    screen.gap()
    if well:
        screen.ends(f"All of it happened as told, in {seconds:.1f} s.", well=True)
        return
    screen.ends("Not all of it happened as told.", well=False)
    lines = log.read_text(errors="replace").splitlines()
    screen.say("\n".join(["The last lines of GMBot's log:", *lines[-LAST_LINES:]]))
