"""For everybody: by keyboard, on a narrow screen, in light and dark, and by axe-core's rules."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.async_api import ViewportSize, expect
from tests.e2e.playground.browser import Player

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW: ViewportSize = {"width": 360, "height": 740}
PANES = ("chats", "talk", "faults", "calls", "beliefs")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = """() => axe
  .run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
  .then(found => found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html} ${n.failureSummary}`)))"""


async def _violations(player: Player, axe: str, scheme: Literal["light", "dark"]) -> list[str]:
    await player.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await player.page.evaluate(axe)
    found: list[str] = await player.page.evaluate(RULES)
    return found


async def _lively(player: Player) -> None:
    """Everything at once: the tour, a held player, faults, lists, failed calls, a toast."""
    page = player.page
    await player.open()
    await player.guard()
    player.world.join(player.person("Kim"), player.scene.groups[0])
    await page.goto(f"{player.playground.url}?tour=4&me={player.person('Zoe')}")
    await page.locator("#deed-join").click()
    await expect(page.locator("#why")).to_contain_text("muted here until")
    await page.locator(".people summary").click()
    await page.locator("button.key", has_text="I have joined").click()
    await expect(page.locator(".toast")).to_be_visible()
    await player.flip("5xx")
    player.world.leave(player.person("Tom"), player.scene.channels[0])
    await expect(page.locator(".status.bad").first).to_be_visible()


async def test_axe_finds_nothing_on_a_wide_screen(player: Player, axe: str) -> None:
    """WCAG 2.2 A and AA, and axe-core's best practices, with everything shown that there is."""
    await _lively(player)
    for scheme in SCHEMES:
        assert await _violations(player, axe, scheme) == []


async def test_axe_finds_nothing_on_a_narrow_screen(player: Player, axe: str) -> None:
    """Every panel at 360 pixels."""
    page = player.page
    await page.set_viewport_size(NARROW)
    await player.open()
    for pane in PANES:
        await page.locator(f"#tab-{pane}").click()
        await expect(page.locator(f"#app[data-pane={pane}]")).to_be_visible()
        for scheme in SCHEMES:
            assert await _violations(player, axe, scheme) == []


async def test_everything_fits_into_360_pixels(player: Player) -> None:
    """One panel at a time, nothing wider than the screen, and the whole way from held to free."""
    page = player.page
    await page.set_viewport_size(NARROW)
    await player.open()
    await player.write("/protect @book_news")
    await expect(player.log).to_contain_text("is required from now on")
    for pane in PANES:
        await page.locator(f"#tab-{pane}").click()
        await expect(page.locator(f"#{pane}")).to_be_visible()
        assert await page.locator(".pane:visible").count() == 1
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        await player.shoot(f"narrow-{pane}")


async def test_the_keyboard_is_enough(player: Player) -> None:
    """A command from the list, another player, a deed, a fault: nothing but keys, and focus is never lost."""
    page, keys = player.page, player.page.keyboard
    await player.open()
    await keys.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.locator("#slash").focus()
    await keys.press("Enter")
    await page.get_by_role("button", name="/protect @book_news").focus()
    await keys.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await keys.press("Enter")
    await expect(page.locator(".chat", has_text="guarded")).to_be_visible()
    await expect(page.locator("#text")).to_be_focused()
    await page.locator("#me").focus()
    await keys.type("Zoe")
    await expect(page.locator("#deed-join")).to_be_visible()
    await page.locator("#deed-join").focus()
    await keys.press("Space")
    await expect(page.locator("#why")).to_contain_text("muted here until")
    await page.locator("#switch-member").focus()
    await keys.press("Space")
    await expect(page.locator("#switch-member")).to_have_attribute("aria-checked", "true")
    await expect(page.locator("#switch-member")).to_be_focused()


async def test_tab_reaches_every_panel_and_shows_where_it_is(player: Player) -> None:
    """Tabbing goes round the whole page without a trap, and each stop has a visible outline."""
    page = player.page
    await player.open()
    seen, unmarked = set(), []
    for _ in range(60):
        await page.keyboard.press("Tab")
        where = await page.evaluate(
            """() => { const e = document.activeElement, pane = e.closest(".pane, header, .strip");
            return {pane: pane?.id || pane?.className || "", html: e.outerHTML.slice(0, 80),
                    mark: e === document.body || getComputedStyle(e).outlineStyle !== "none"}; }"""
        )
        seen.add(where["pane"])
        unmarked += [] if where["mark"] else [where["html"]]
    assert {"top", "chats", "faults", "talk", "beliefs", "calls"} <= seen
    assert unmarked == []


async def test_new_messages_are_announced(player: Player) -> None:
    """The conversation is a polite live region, and so are the bot's answers to taps."""
    await player.open()
    await expect(player.log).to_have_attribute("role", "log")
    await expect(player.log).to_have_attribute("aria-live", "polite")
    await expect(player.page.locator("#toasts")).to_have_attribute("aria-live", "polite")


async def test_light_and_dark_follow_the_system_and_the_switch(player: Player) -> None:
    """The system's wish is followed until the switch is used, which is remembered."""
    page = player.page
    ground = "getComputedStyle(document.body).backgroundColor"
    await page.emulate_media(color_scheme="dark")
    await player.open()
    dark = await page.evaluate(ground)
    await page.locator("#theme").click()
    light = await page.evaluate(ground)
    assert light != dark
    await page.reload()
    assert await page.evaluate(ground) == light


async def test_a_page_whose_demo_has_ended_says_so(player: Player) -> None:
    """And how to start it again."""
    await player.open()
    await player.playground.stop()
    await expect(player.page.locator("#ended")).to_contain_text("The demo has ended")
    # Until it is left the page goes on looking for its demo, and the browser complains each time.
    await player.page.goto("about:blank")
    player.errors.clear()
