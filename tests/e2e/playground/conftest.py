"""One browser for all tests of the playground; a fresh world, product and page for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ViewportSize, async_playwright, expect
from tests.e2e.playground.browser import CHROMIUM_FLAGS, PATIENCE_MS, Player, axe_source, chromium

from gmbot.demo.box import opened_box
from gmbot.demo.play import playing
from gmbot.demo.stage import running
from gmbot.demo.surroundings import surroundings
from gmbot.simulator.playground import Playground

WIDE: ViewportSize = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the browser's tests in one process, where they share the browser and its loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A running Chromium with a profile of its own."""
    path = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    """The whole product in front of a box, with a playground on a free port and nothing guarded yet."""
    async with (
        surroundings(tmp_path) as around,
        opened_box() as box,
        running(box, tmp_path, tmp_path / "gmbot.log", around) as product,
        playing(box, product, around, 0) as playground,
    ):
        yield playground


@pytest_asyncio.fixture(loop_scope="session")
async def player(browser: Browser, playground: Playground) -> AsyncIterator[Player]:
    """A page at the size of a small laptop; any error in it fails the test."""
    context = await browser.new_context(viewport=WIDE, locale="en")
    context.set_default_timeout(PATIENCE_MS)
    player = Player(await context.new_page(), playground)
    yield player
    await context.close()
    assert not player.errors


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's script."""
    return axe_source()
