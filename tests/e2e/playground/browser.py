"""A real browser, and what the playground's tests do in it again and again."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Locator, Page, Request, expect

from gmbot.simulator import World
from gmbot.simulator.playground import Playground, Scene

HERE = Path(__file__).parent
AXE = HERE / "axe"
ARTIFACTS = HERE.parents[2] / "artifacts" / "playground"
PATIENCE_MS = 20_000
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW_TO_GET_ONE = (
    "These tests need a browser: Chromium was not found. Install it with "
    "'apt-get install chromium libatomic1', or run .ci/run, which does."
)


def chromium() -> str:
    """Return the path of Debian's Chromium; fails in one sentence where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or pytest.fail(HOW_TO_GET_ONE, pytrace=False)


def axe_source() -> str:
    """Return axe-core's script, installed from its lock file by whoever needs it first."""
    assert shutil.which("npm"), "These tests run axe-core, which npm fetches: install npm."
    with (AXE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (AXE / "node_modules" / "axe-core").is_dir():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=AXE, check=True, timeout=120)
    return (AXE / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Player:
    """Somebody in front of the page, and the world behind it."""

    def __init__(self, page: Page, playground: Playground) -> None:
        self.page = page
        self.playground = playground
        self.errors: list[str] = []
        """What went wrong in the page; a test fails if anything did."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._told)
        page.on("request", self._requested)

    @property
    def world(self) -> World:
        """The truth."""
        return self.playground.simulator.world

    @property
    def scene(self) -> Scene:
        """Who is who."""
        return self.playground.scene

    def person(self, name: str) -> int:
        """The id of somebody of the scene."""
        return next(role.id for role in self.scene.roles if role.name == name)

    def can_speak(self, name: str) -> bool:
        """Whether that person can write in the first group."""
        return self.world.can_speak(self.person(name), self.scene.groups[0])

    async def open(self, *, tour: int = 0) -> None:
        """Open the page as a newcomer who has the tour behind them, or is at that step of it."""
        await self.page.goto(f"{self.playground.url}?tour={tour}")
        await expect(self.page.locator("#ended")).to_be_hidden()

    async def be(self, name: str) -> None:
        """Become somebody else."""
        await self.page.locator("#me").select_option(str(self.person(name)))
        await expect(self.page.locator("#view [name=me]")).to_have_value(str(self.person(name)))

    async def enter(self, title: str) -> None:
        """Look at a chat."""
        name = self.page.locator(".chat-title").filter(has_text=re.compile(rf"^{title}\b"))
        await name.click()
        await expect(self.page.locator(".talk-top h2")).to_have_text(title)

    async def write(self, text: str) -> None:
        """Write in the chat that is looked at."""
        await self.page.locator("#text").fill(text)
        await self.page.locator("#send").click()
        await expect(self.log.get_by_text(text, exact=True).last).to_be_visible()

    async def guard(self) -> None:
        """Have the owner guard the first group."""
        await self.write("/protect @book_news")
        await expect(self.page.locator(".chat", has_text="guarded")).to_be_visible()

    @property
    def log(self) -> Locator:
        """The conversation."""
        return self.page.locator("[data-log]")

    def promise(self, key: str) -> Locator:
        """A count of the strip."""
        return self.page.locator(f"#promise-{key} b")

    async def flip(self, key: str) -> None:
        """Break something, or mend it."""
        switch = self.page.locator(f"#switch-{key}")
        before = await switch.get_attribute("aria-checked")
        await switch.click()
        await expect(switch).not_to_have_attribute("aria-checked", before or "")

    async def until(self, so: Callable[[], bool], what: str) -> None:
        """Wait until the world is so; the page's own beats are what is waited on."""
        for _ in range(PATIENCE_MS // 50):
            if so():
                return
            await self.page.wait_for_timeout(50)
        raise AssertionError(f"never happened: {what}")

    async def shoot(self, name: str) -> None:
        """Keep a picture of the page in light and in dark."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await self.page.screenshot(path=ARTIFACTS / f"{name}-{scheme}.png")

    def _told(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:")):
            self.errors.append(f"fetched from outside: {request.url}")
