"""Faults by hand: nobody is punished wrongly meanwhile, and all heals afterwards."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from tests.e2e.playground.browser import Player

NOTICED_MS = 5_000

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_raid_is_held_and_told_in_few_messages(player: Player) -> None:
    """Three hundred join at once: all are held, one line says that they came, few prompts name them."""
    page = player.page
    await player.open()
    await player.guard()
    await page.locator("#raid").click()
    await expect(player.log).to_contain_text("298 others joined the group")
    await player.shoot("raid-catching-up")
    await expect(player.promise("held")).to_have_text("300", timeout=45_000)
    await expect(player.promise("open")).to_have_text("0")
    await expect(player.promise("wrong")).to_have_text("0")
    prompts = [m for m in player.world.messages(player.scene.groups[0]) if "to write here please" in m.text]
    assert len(prompts) < 10
    await player.shoot("raid-held")


@pytest.mark.parametrize("fault", ["429", "5xx", "member", "database"])
async def test_an_outage_punishes_nobody_and_heals(player: Player, fault: str) -> None:
    """While it lasts Zoe, unsubscribed, is not muted; once it is over she is, and Tom never was."""
    page = player.page
    await player.open()
    await player.guard()
    await player.flip(fault)
    await expect(page.locator("#promises")).to_contain_text("Something is broken, by you")
    player.world.join(player.person("Zoe"), player.scene.groups[0])
    await expect(player.promise("open")).to_have_text("1")
    await player.write("Is anybody there?")
    await player.shoot(f"fault-{fault}")
    assert player.can_speak("Zoe")
    assert player.can_speak("Tom")
    await player.flip(fault)
    await expect(player.promise("held")).to_have_text("1")
    assert not player.can_speak("Zoe")
    assert player.can_speak("Tom")
    await expect(page.locator("#promises")).to_contain_text("All well")


async def test_whoever_subscribes_during_an_outage_is_freed_after_it(player: Player) -> None:
    """Zoe is held and subscribes while Telegram fails: she waits, and is freed when it is well."""
    page, zoe = player.page, player.person("Zoe")
    await player.open()
    await player.guard()
    player.world.join(zoe, player.scene.groups[0])
    await expect(player.promise("held")).to_have_text("1")
    await player.flip("5xx")
    player.world.subscribe(zoe, player.scene.channels[0])
    await expect(player.promise("freeing")).to_have_text("1")
    await player.flip("5xx")
    await expect(player.promise("freeing")).to_have_text("0")
    assert player.can_speak("Zoe")
    await expect(page.locator("#promises")).to_contain_text("All well")


async def test_during_a_database_outage_beliefs_come_from_memory(player: Player) -> None:
    """The panel says so, and the chart shows the database away."""
    page = player.page
    await player.open()
    await player.guard()
    await player.flip("database")
    await expect(page.locator(".thoughts")).to_contain_text("From memory: the database is away.")
    await expect(page.locator(".charts li", has_text="Database up").locator("b")).to_have_text("0")


async def test_while_redis_hangs_everybody_is_held_and_freed_as_ever(player: Player) -> None:
    """Zoe comes, is held, subscribes and is freed; the chart shows Redis away, and back within seconds."""
    page, zoe = player.page, player.person("Zoe")
    redis = page.locator(".charts li", has_text="Redis up").locator("b")
    await player.open()
    await player.guard()
    await expect(redis).to_have_text("1", timeout=NOTICED_MS)
    await player.flip("redis")
    player.world.join(zoe, player.scene.groups[0])
    await expect(player.promise("held")).to_have_text("1")
    player.world.subscribe(zoe, player.scene.channels[0])
    await expect(player.promise("held")).to_have_text("0")
    await expect(player.promise("freeing")).to_have_text("0")
    assert player.can_speak("Zoe")
    await expect(redis).to_have_text("0", timeout=NOTICED_MS)
    await expect(player.promise("wrong")).to_have_text("0")
    await player.shoot("fault-redis")
    await player.flip("redis")
    await expect(redis).to_have_text("1", timeout=NOTICED_MS)
    assert player.can_speak("Zoe")
    assert player.can_speak("Tom")
    await expect(page.locator("#promises")).to_contain_text("All well")
