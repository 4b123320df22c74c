"""POST /webhook/<bot>: updates that Telegram brings, as a raw ASGI app."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.glimpses import Passes, nothing_passes, unless_passed
from gmbot.adapters.telegram.queues import Handle
from gmbot.adapters.telegram.translate import decode_update
from gmbot.adapters.telegram.wire import UNDECODABLE
from gmbot.domain.errors import ConfigurationError, TransientError
from gmbot.domain.ids import BotId

PATH = "/webhook/"
LARGEST_BODY = 2**20
SECRET_HEADER = b"x-telegram-bot-api-secret-token"
MAX_CONNECTIONS = 40

Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

_NO_SUCH_BOT = b"0" * 64
"""Compared with instead of a secret, so that an unknown bot takes as long as a known one."""


@dataclass(frozen=True, slots=True)
class WebhookBot:
    """One bot's way in: its secret (1–256 of A-Z, a-z, 0-9, _ and -) and who handles its updates.

    What `passes` is dealt with; everything else is handled.
    """

    secret: str = field(repr=False)
    handle: Handle
    passes: Passes = nothing_passes

    def __post_init__(self) -> None:
        """Raise ConfigurationError without a secret: whoever sends none would know it."""
        if not self.secret:
            raise ConfigurationError("WEBHOOK_SECRET is empty; set it to a random word, for example 4f9c…e1")


class WebhookApp:
    """Takes updates for every bot in `bots`, by id.

    200 once an update is handled; 503 when it could not be stored, so that Telegram brings it again; for
    whatever else is sent 400, 401, 404, 405 or 413. Nobody without the secret gets a body read.
    """

    def __init__(self, bots: Mapping[int, WebhookBot]) -> None:
        self._bots = bots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection; a WebSocket is closed."""
        if scope["type"] == "http":
            status = await self._status(scope, receive)
            if status is not None:
                await _respond(send, status)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def _status(self, scope: Scope, receive: Receive) -> int | None:
        """Return how a request ends, or None if the client left before it had said everything."""
        bot = self._bots.get(_bot_id(scope["path"]))
        authentic = _knows(scope, _NO_SUCH_BOT if bot is None else bot.secret.encode())
        if bot is None:
            return 404
        if scope["method"] != "POST":
            return 405
        if not authentic:
            return 401
        body = await _body(receive)
        if body is None:
            return None
        return 413 if len(body) > LARGEST_BODY else await _handled(bot, body)


async def register(
    client: BotClient, url: str, secret: str, *, max_connections: int = MAX_CONNECTIONS
) -> None:
    """Have Telegram bring the bot's updates to `url`; those that are pending are kept (setWebhook)."""
    await client.set_webhook(url, secret, max_connections=max_connections)


async def _handled(bot: WebhookBot, body: bytes) -> int:
    try:
        arrived = decode_update(body)
    except UNDECODABLE:
        return 400
    update = unless_passed(arrived, bot.passes)
    if update is None:
        return 200
    try:
        await bot.handle(update)
    except TransientError:
        return 503
    return 200


def _bot_id(path: str) -> BotId:
    """Return the id in a path, or 0, which is no bot's."""
    number = path.removeprefix(PATH)
    plain = number != path and number.isascii() and number.isdigit() and len(number) < 20
    return BotId(int(number) if plain else 0)


def _knows(scope: Scope, secret: bytes) -> bool:
    """Whether the request has the secret, once; compared in constant time."""
    given = [value for name, value in scope["headers"] if name == SECRET_HEADER]
    return hmac.compare_digest(given[0] if len(given) == 1 else b"", secret)


async def _body(receive: Receive) -> bytes | None:
    """Return the body, cut somewhere beyond the largest size; None if the client left."""
    body = bytearray()
    more = True
    while more and len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _respond(send: Send, status: int) -> None:
    """Answer without a body; after a refusal the connection ends, for its body may not have been read."""
    headers = [(b"content-length", b"0")]
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status >= 400:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
