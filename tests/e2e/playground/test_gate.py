"""The gate as somebody sees it in the page: held, told what to join, free."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from tests.e2e.playground.browser import Player

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_stranger_is_held_and_free_the_moment_they_subscribe(player: Player) -> None:
    """Zoe joins, is muted with the reason, reads what to join, subscribes there, and can write."""
    page = player.page
    await player.open()
    await player.guard()
    await player.be("Zoe")
    await page.locator("#deed-join").click()
    await expect(page.locator("#why")).to_contain_text("muted here until you have joined")
    await expect(page.locator("#text")).to_be_disabled()
    await expect(player.log).to_contain_text("Zoe, to write here please join Book News")
    await player.shoot("held")
    await page.locator(".key", has_text="Book News").click()
    await expect(page.locator(".talk-top h2")).to_have_text("Book News")
    await page.locator("#deed-join").click()
    await player.enter("Bookworms")
    await expect(page.locator("#text")).to_be_enabled()
    await player.write("Thank you, I am in!")
    await player.shoot("released")


async def test_the_verify_button_makes_up_for_lost_news(player: Player) -> None:
    """The news of the subscription is lost; the button in the prompt frees, and its answer is shown."""
    page = player.page
    await player.open()
    await player.guard()
    await player.be("Kim")
    await page.locator("#deed-join").click()
    verify = page.locator("button.key", has_text="I have joined")
    await verify.click()
    await expect(page.locator(".toast")).to_contain_text("Not yet: please join Book News")
    await player.shoot("verify-not-yet")
    await player.flip("drop")
    await player.enter("Book News")
    await page.locator("#deed-join").click()
    await expect(player.promise("freeing")).to_have_text("1")
    await player.enter("Bookworms")
    await verify.click()
    await expect(page.locator(".toast")).to_contain_text("You can write now")
    await expect(page.locator("#text")).to_be_enabled()
    await player.shoot("verified")


async def test_leaving_the_channel_holds_again(player: Player) -> None:
    """Mila was subscribed all along; the moment she is not, she is held."""
    await player.open()
    await player.guard()
    await player.be("Mila")
    await player.enter("Book News")
    await player.page.locator("#deed-leave").click()
    await player.enter("Bookworms")
    await expect(player.page.locator("#why")).to_contain_text("muted here until you have joined")


async def test_the_panels_tell_the_calls_their_causes_and_the_beliefs(player: Player) -> None:
    """Each call with target, result, time and update; the verdict with its reason and the membership."""
    page = player.page
    await player.open()
    greeting = page.locator(".calls li", has_text="sendMessage").filter(has_text="Bookworms").last
    await expect(greeting.locator(".cause")).to_contain_text("my_chat_member")
    await player.guard()
    await player.be("Zoe")
    await page.locator("#deed-join").click()
    mute = page.locator(".calls li", has_text="restrictChatMember").first
    await expect(mute).to_contain_text("Zoe in Bookworms")
    await expect(mute.locator(".status")).to_have_text("200")
    await expect(mute.locator(".ms")).to_contain_text("ms")
    await expect(mute.locator(".cause")).to_contain_text("chat_member")
    belief = page.locator(".thoughts .me")
    await expect(belief).to_contain_text("held")
    await expect(belief).to_contain_text("is not subscribed")
    await expect(belief).to_contain_text("Book News: out")
    await expect(page.locator(".charts li")).to_have_count(7)


async def test_the_private_chat_with_the_bot_works(player: Player) -> None:
    """Start, a keyboard that answers, and blocking the bot greys the field out."""
    page = player.page
    await player.open()
    await player.enter("GMBot")
    await page.locator("#deed-start").click()
    await expect(player.log.locator(".bubble").nth(1)).to_be_visible()
    before = await player.log.inner_text()
    await player.log.locator("button.key").first.click()
    await expect(player.log).not_to_have_text(before)
    await page.locator("#deed-block").click()
    await expect(page.locator("#why")).to_contain_text("You blocked this bot")
