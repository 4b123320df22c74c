"""The guided tour."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from tests.e2e.playground.browser import Player

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_eight_steps_lead_through_everything(player: Player) -> None:
    """A newcomer presses what is offered, and each step that asks for something is ticked off."""
    page = player.page
    await page.goto(player.playground.url)
    await player.shoot("tour-1")
    for number in range(1, 9):
        await expect(page.locator(f"#tour-{number}")).to_be_visible()
        await _do(player, number)
        if number < 8:
            await page.locator("#tour-next").click()
    await player.shoot("tour-8")
    await page.locator("#tour-skip").click()
    await expect(page.locator("#tour")).to_have_count(0)
    assert not player.can_speak("Tom")
    assert player.can_speak("Zoe")


async def _do(player: Player, number: int) -> None:
    page = player.page
    if number in {2, 3, 5, 7, 8}:
        await page.locator("#tour-deed").click()
    if number == 7:
        await expect(page.locator("#tour-deed")).to_have_text("Mend it")
        await expect(player.promise("open")).to_have_text("100")
        await player.shoot("tour-7")
        await page.locator("#tour-deed").click()
    if number in {2, 3, 4, 5, 7, 8}:
        await expect(page.locator(".tour .done")).to_be_visible(timeout=60_000)


async def test_it_can_be_skipped_and_restarted(player: Player) -> None:
    """Skipping stays skipped when the chat or the player changes; the button brings it back to step 1."""
    page = player.page
    await player.open(tour=3)
    await page.locator("#tour-skip").click()
    await expect(page.locator("#tour")).to_have_count(0)
    await player.enter("Author Talks")
    await player.be("Tom")
    await expect(page.locator("#tour")).to_have_count(0)
    await page.locator("#restart").click()
    await expect(page.locator("#tour-1")).to_be_visible()


async def test_whoever_wanders_off_is_led_back(player: Player) -> None:
    """In step 3 one is Zoe in Bookworms; elsewhere a link leads back there."""
    page = player.page
    await player.open(tour=3)
    await player.enter("Author Talks")
    await page.locator("#tour-back").click()
    await expect(page.locator(".talk-top h2")).to_have_text("Bookworms")
    await expect(page.locator("#me option:checked")).to_contain_text("Zoe")
