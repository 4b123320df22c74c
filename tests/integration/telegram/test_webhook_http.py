"""The webhook on a real server, with the simulator delivering."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest
import uvicorn
from tests.fixtures.telegram import message_update, until
from tests.integration.telegram.conftest import Box

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.queues import Handle
from gmbot.adapters.telegram.webhook import WebhookApp, WebhookBot, register
from gmbot.adapters.telegram.wire import ALLOWED_UPDATES
from gmbot.domain.errors import ConfigurationError, TransientError
from gmbot.gate.incoming import Incoming, MemberChanged

SECRET = "s3cret_-A"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
KNOWN = {HEADER: SECRET}


@asynccontextmanager
async def serving(app: WebhookApp) -> AsyncIterator[str]:
    """The root of a server that serves an app."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, http="httptools")
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve([listener]))
        await until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@asynccontextmanager
async def webhook(box: Box, handle: Handle | None = None) -> AsyncIterator[str]:
    """The address of the box's bot's webhook."""
    async with serving(WebhookApp({box.bot: WebhookBot(SECRET, handle or box.hear)})) as root:
        yield f"{root}/webhook/{box.bot}"


async def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> int:
    """The status that a post is answered with."""
    data = io.BytesIO(body)
    async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as answer:
        assert await answer.read() == b""
        return answer.status


async def test_telegram_brings_updates_and_they_are_confirmed(box: Box, client: BotClient) -> None:
    """With the secret, and for the kinds that the bot needs; what was pending comes too."""
    box.world.join(box.ann, box.talk)
    waiting = box.pending()
    async with webhook(box) as url:
        await register(client, url, SECRET)
        box.world.leave(box.ann, box.talk)
        seen = [await box.next() for _ in range(waiting + 1)]
        await until(lambda: box.pending() == 0)
        info = await client.webhook()
        await client.delete_webhook()
    assert any(isinstance(update, MemberChanged) for update in seen)
    assert (info.url, info.max_connections, set(info.allowed_updates)) == (url, 40, set(ALLOWED_UPDATES))


async def test_an_update_is_confirmed_only_when_it_is_stored(box: Box) -> None:
    """A store that is down is the only cause of a 503, after which Telegram comes again."""
    down = [True]

    async def handle(update: Incoming) -> None:
        if down:
            down.pop()
            raise TransientError("database down")
        await box.hear(update)

    body = msgspec.json.encode(message_update(5))
    async with webhook(box, handle) as url:
        assert [await post(url, body, KNOWN) for _ in range(2)] == [503, 200]
    assert (await box.next()).update_id == 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [({HEADER: "wrong"}, 401), ({}, 401), ({HEADER: ""}, 401), ({HEADER: SECRET + "x"}, 401), (KNOWN, 200)],
)
async def test_only_who_knows_the_secret_gets_in(box: Box, headers: dict[str, str], status: int) -> None:
    """Missing is as wrong as wrong."""
    async with webhook(box) as url:
        assert await post(url, b'{"update_id":1}', headers) == status
    assert box.heard.qsize() == (status == 200)


@pytest.mark.parametrize("path", ["", "x", "43", "42/", "-42", "٤٢", "42" * 20, "%34%32x"])
async def test_no_other_bot_is_there(box: Box, path: str) -> None:
    """Nor anything else."""
    async with webhook(box) as url:
        assert await post(url.removesuffix("42") + path, b"{}", KNOWN) == 404


async def test_only_posts_are_taken(box: Box) -> None:
    """405 names what is."""
    async with (
        webhook(box) as url,
        aiohttp.ClientSession() as session,
        session.get(url, headers=KNOWN) as answer,
    ):
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"update_id":"x"}', b"\xff", b"[" * 100_000])
async def test_what_is_no_update_is_refused(box: Box, body: bytes) -> None:
    """400, and nobody is bothered."""
    async with webhook(box) as url:
        assert await post(url, body, KNOWN) == 400
    assert box.heard.empty()


async def test_an_update_that_makes_no_sense_is_taken_and_set_aside(box: Box) -> None:
    """Otherwise Telegram would bring it for a day, and those behind it would wait."""
    async with webhook(box) as url:
        assert await post(url, b'{"update_id":7,"message":{"date":"now"}}', KNOWN) == 200
    assert (await box.next()).update_id == 7


@pytest.mark.parametrize(("size", "status"), [(2**20, 400), (2**20 + 1, 413)])
async def test_a_body_has_at_most_one_mebibyte(box: Box, size: int, status: int) -> None:
    """Counted, not believed."""
    async with webhook(box) as url:
        assert await post(url, b"{" * size, KNOWN) == status


async def test_a_client_that_leaves_mid_body_is_forgotten(box: Box) -> None:
    """Quietly; the next one is served."""
    async with webhook(box) as url:
        host, port = url.split("/")[2].split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /webhook/42 HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 99\r\n\r\n"
        writer.write(head.encode() + b'{"update_id"')
        await writer.drain()
        writer.transport.abort()
        assert await post(url, b'{"update_id":1}', KNOWN) == 200
    assert box.heard.qsize() == 1


async def test_a_websocket_is_refused(box: Box) -> None:
    """There is nothing to talk about."""
    said: list[object] = []

    async def say(message: object) -> None:
        said.append(message)

    async def listen() -> dict[str, object]:
        return {"type": "websocket.connect"}

    app = WebhookApp({box.bot: WebhookBot(SECRET, box.hear)})
    await app({"type": "websocket", "path": "/webhook/42", "headers": []}, listen, say)
    await app({"type": "lifespan"}, listen, say)
    assert said == [{"type": "websocket.close"}]


def test_no_secret_is_no_webhook(box: Box) -> None:
    """Whoever sends none would know it; and a bot shows its secret to nobody."""
    with pytest.raises(ConfigurationError, match="WEBHOOK_SECRET"):
        WebhookBot("", box.hear)
    assert SECRET not in repr(WebhookBot(SECRET, box.hear))
