"""Deliveries over a real socket: what the bot's own server sees and does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gmbot.simulator.delivery import HttpPost, WebhookAnswer, WebhookUnreachable

HEADERS = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": "s"}


@pytest.fixture
async def post() -> AsyncIterator[HttpPost]:
    """The way to a webhook."""
    post = HttpPost()
    yield post
    await post.close()


async def test_an_update_arrives_as_it_was_posted(post: HttpPost) -> None:
    """Body and headers, by POST."""
    seen: list[tuple[str, str, bytes]] = []

    async def hook(request: web.BaseRequest) -> web.Response:
        seen.append(
            (request.method, request.headers["X-Telegram-Bot-Api-Secret-Token"], await request.read())
        )
        return web.Response(body=b"{}", content_type="application/json")

    async with _serving(hook) as url:
        answer = await post(url, HEADERS, b'{"update_id":1}')
    assert seen == [("POST", "s", b'{"update_id":1}')]
    assert answer == WebhookAnswer(200, "application/json", b"{}")


async def test_a_redirect_is_not_followed(post: HttpPost) -> None:
    """Telegram calls it a wrong response."""

    async def hook(request: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with _serving(hook) as url:
        assert (await post(url, HEADERS, b"{}")).status == 302


async def test_retry_after_is_read(post: HttpPost) -> None:
    """In seconds; a date is ignored."""

    async def hook(request: web.BaseRequest) -> web.Response:
        wait = "7" if await request.read() == b"1" else "Mon, 23 Nov 2026 12:00:00 GMT"
        return web.Response(status=429, headers={"Retry-After": wait})

    async with _serving(hook) as url:
        assert [(await post(url, HEADERS, body)).retry_after_s for body in (b"1", b"2")] == [7, 0]


async def test_nobody_listening_is_a_refused_connection(post: HttpPost) -> None:
    """getWebhookInfo will say so."""
    async with _serving(_silent) as url:
        pass
    with pytest.raises(WebhookUnreachable, match="Connection refused"):
        await post(url, HEADERS, b"{}")


async def test_a_connection_broken_off_is_no_answer(post: HttpPost) -> None:
    """A bot that dies while it works has not confirmed."""
    async with _serving(_silent) as url:
        with pytest.raises(WebhookUnreachable, match="Webhook connection closed"):
            await post(url, HEADERS, b"{}")


async def _silent(request: web.BaseRequest) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def _serving(hook: Callable[[web.BaseRequest], Awaitable[web.Response]]) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(hook), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
