"""Everything that people can be and do in the page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from tests.e2e.playground.browser import Player

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_scene_is_two_groups_three_channels_and_the_bot(player: Player) -> None:
    """And one may be the owner, an admin, an anonymous admin, a member or a stranger."""
    await player.open()
    kinds = await player.page.locator(".chat .kind").all_inner_texts()
    assert sorted(kinds) == ["bot", "channel", "channel", "channel", "group", "group"]
    parts = await player.page.locator("#me option").all_inner_texts()
    assert {part.partition(", ")[2] for part in parts} == {
        "owner",
        "admin",
        "anonymous admin",
        "member",
        "stranger",
    }


async def test_an_admin_mutes_and_unmutes_and_gmbot_leaves_it_alone(player: Player) -> None:
    """Tom is subscribed and muted by Adam: he reads whose doing it is, and GMBot does not lift it."""
    page = player.page
    await player.open()
    await player.guard()
    await player.be("Adam")
    await page.locator(".people summary").click()
    await page.get_by_role("button", name="Mute: Tom").click()
    await expect(page.locator(".people li", has_text="Tom")).to_contain_text("muted by an admin")
    await player.be("Tom")
    await expect(page.locator("#why")).to_contain_text("An admin muted you")
    await player.enter("Book News")
    await page.locator("#deed-leave").click()
    await page.locator("#deed-join").click()
    await expect(player.promise("waiting")).to_have_text("0")
    assert not player.can_speak("Tom")
    await expect(player.promise("undone")).to_have_text("0")
    await player.be("Adam")
    await player.enter("Bookworms")
    await page.locator(".people summary").click()
    await page.get_by_role("button", name="Unmute: Tom").click()
    await player.until(lambda: player.can_speak("Tom"), "Tom speaks again")


async def test_the_owner_promotes_and_dismisses(player: Player) -> None:
    """Mila becomes an admin and a member again; the opened list stays open meanwhile."""
    page = player.page
    await player.open()
    await page.locator(".people summary").click()
    await page.get_by_role("button", name="Make admin: Mila").click()
    await expect(page.locator(".people li", has_text="Mila")).to_contain_text("admin")
    await page.get_by_role("button", name="Dismiss: Mila").click()
    await expect(page.get_by_role("button", name="Make admin: Mila")).to_be_visible()


async def test_a_stranger_asks_to_join_and_is_let_in(player: Player) -> None:
    """Night Readers has a closed door: Zoe asks, waits, and is let in by the owner."""
    page = player.page
    await player.open()
    await player.be("Zoe")
    await player.enter("Night Readers")
    await page.locator("#deed-ask").click()
    await expect(page.locator("#why")).to_contain_text("You have asked to join")
    await player.be("Olga")
    await page.locator(".people summary").click()
    await page.get_by_role("button", name="Let in: Zoe").click()
    await expect(player.log).to_contain_text("Zoe joined the group")
    await player.be("Zoe")
    await page.locator("#deed-leave").click()
    await expect(page.locator("#deed-ask")).to_be_visible()


async def test_the_owner_writes_as_a_channel(player: Player) -> None:
    """The message bears the channel's name; the owner's own is another choice."""
    page = player.page
    await player.open()
    await page.locator("#voice").select_option(label="Author Talks")
    await player.write("We are live tonight")
    await expect(
        player.log.locator(".message", has_text="We are live tonight").locator(".name")
    ).to_have_text("Author Talks")


async def test_an_anonymous_admin_speaks_as_the_group(player: Player) -> None:
    """Nora's name does not show."""
    await player.open()
    await player.be("Nora")
    await player.write("Please keep to the topic")
    said = player.log.locator(".message", has_text="Please keep to the topic")
    await expect(said.locator(".name")).to_have_text("Bookworms")


async def test_only_admins_post_in_a_channel(player: Player) -> None:
    """The owner posts; a stranger may only subscribe, and leave again."""
    page = player.page
    await player.open()
    await player.enter("Author Talks")
    await player.write("A new talk is out")
    await player.be("Kim")
    await expect(page.locator("#text")).to_have_count(0)
    await expect(page.locator(".why")).to_contain_text("only administrators post")
    await page.locator("#deed-join").click()
    await page.locator("#deed-leave").click()
    await expect(page.locator("#deed-join")).to_be_visible()


async def test_a_draft_survives_what_happens_meanwhile(player: Player) -> None:
    """What is being typed is not lost when the conversation moves on."""
    page, group = player.page, player.scene.groups[0]
    await player.open()
    await page.locator("#text").fill("I was just about to")
    player.world.say(player.person("Tom"), group, "Look, a comet!")
    await expect(player.log).to_contain_text("Look, a comet!")
    await expect(page.locator("#text")).to_have_value("I was just about to")


async def test_what_people_write_is_never_markup(player: Player) -> None:
    """A name, a title and a text full of angle brackets show as they were written."""
    text = "<img src=x onerror=alert(1)> & <b>bold</b>"
    await player.open()
    await player.write(text)
    await expect(player.log.locator(".text").last).to_have_text(text)
    await expect(player.log.locator("img")).to_have_count(0)
