"""The playground's page over HTTP, without a browser and without a bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from gmbot.simulator import BotApi, Simulator, WallClock, World
from gmbot.simulator.playground import Lever, Playground, furnish

END_TIMEOUT_S = 2.0


@pytest.fixture
async def playground() -> AsyncIterator[Playground]:
    """A playground whose bot never says anything."""
    world = World(WallClock())
    scene = furnish(world, world.add_bot("123:secret", "the_bot"))
    thrown: list[bool] = []
    playground = Playground(Simulator(world), scene, levers=[Lever("mains", "Mains", "…", thrown.append)])
    await playground.start()
    yield playground
    await playground.stop()


@pytest.fixture
async def web(playground: Playground) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that starts at the page."""
    async with aiohttp.ClientSession(playground.url) as session:
        yield session


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
async def test_other_names_for_this_machine_are_refused(web: aiohttp.ClientSession, host: str) -> None:
    """A foreign name that resolves to loopback (DNS rebinding) reads nothing."""
    async with web.get("/", headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_other_sites_press_no_buttons(
    web: aiohttp.ClientSession, playground: Playground, headers: dict[str, str]
) -> None:
    """A form on a foreign page does nothing."""
    async with web.post("/do/switch", data={"key": "429"}, headers=headers) as answer:
        assert answer.status == 403
    assert not playground.board.broken


async def test_nothing_is_fetched_from_outside(web: aiohttp.ClientSession) -> None:
    """The policy allows this page's own files only, and no address of another site stands in it."""
    async with web.get("/") as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        text = await answer.text()
    assert "//" not in text.replace("<!doctype", "").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", ["/static/nothing.css", "/static/..%2Fpage.py", "/static/htmx.LICENSE"])
async def test_only_the_pages_own_files_are_served(web: aiohttp.ClientSession, path: str) -> None:
    """Anything else is not found."""
    async with web.get(path) as answer:
        assert answer.status == 404


async def test_an_unknown_deed_is_not_found(web: aiohttp.ClientSession) -> None:
    """And nothing happens."""
    async with web.post("/do/fly") as answer:
        assert answer.status == 404


async def test_a_refused_deed_says_why(web: aiohttp.ClientSession, playground: Playground) -> None:
    """A stranger cannot write in a group, however the form is sent."""
    form = {"me": playground.scene.playing("stranger"), "chat": playground.scene.groups[0], "text": "hi"}
    async with web.post("/do/say", data=form) as answer:
        assert "Telegram refuses" in await answer.text()


@pytest.mark.parametrize("query", ["?me=1&chat=2&tour=99&pane=moon", "?me=x&chat=", "?me=" + "9" * 400])
async def test_an_address_that_makes_no_sense_shows_the_first_chat(
    web: aiohttp.ClientSession, query: str
) -> None:
    """As to a newcomer."""
    async with web.get(f"/{query}") as answer:
        assert answer.status == 200
        assert "Bookworms – GMBot playground" in await answer.text()


async def test_changes_beat_and_stopping_ends_the_stream(
    web: aiohttp.ClientSession, playground: Playground
) -> None:
    """Open pages hear of a change, and do not hold up the end."""
    async with web.get("/events") as stream:
        playground.changed()
        assert await stream.content.readline() == b"event: world\n"
        async with asyncio.timeout(END_TIMEOUT_S):
            await playground.stop()
            await stream.content.read()


async def test_stopping_mends_what_was_broken(playground: Playground) -> None:
    """Faults and levers alike."""
    for key in ("429", "5xx", "member", "drop", "mains", "unknown"):
        playground.board.flip(key)
    assert playground.simulator.faults
    await playground.stop()
    assert not playground.simulator.faults
    assert not playground.board.broken


async def test_a_silent_bot_leaves_its_panel_empty(web: aiohttp.ClientSession) -> None:
    """It is said that it does not answer; the rest of the page works."""
    async with web.get("/") as answer:
        assert "GMBot does not answer on its own pages." in await answer.text()


async def test_an_unanswered_tap_is_told(web: aiohttp.ClientSession, playground: Playground) -> None:
    """The bot sent a keyboard and then fell silent."""
    world, scene = playground.simulator.world, playground.scene
    markup = {"inline_keyboard": [[{"text": "Press", "callback_data": "x"}]]}
    sent = BotApi(world).call(
        "123:secret", "sendMessage", {"chat_id": scene.groups[0], "text": "Hi", "reply_markup": markup}
    )
    assert isinstance(sent, dict)
    form = {"me": scene.owner, "chat": scene.groups[0], "message": sent["message_id"], "data": "x"}
    async with web.post("/do/tap", data=form) as answer:
        assert "has not answered this tap" in await answer.text()
