"""Webhook posts over as many connections as Telegram has: each brings its next one when it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import cast

CONNECTIONS = 40
"""What GMBot allows Telegram (setWebhook's max_connections)."""

PATIENCE_S = 300.0


def post(update: bytes, path: str, secret: str) -> bytes:
    """Return one update as Telegram posts it."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bot.example.org\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: {len(update)}\r\n"
        "Connection: keep-alive\r\nAccept-Encoding: gzip, deflate\r\n\r\n"
    )
    return head.encode() + update


class Postman(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, bag: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self._bag = bag
        self._done = done
        self.answered = 0
        self.refused = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bring the first post."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count an answer, which is short enough to come in one piece, and bring the next post."""
        if data.startswith(b"HTTP/1.1 200"):
            self.answered += 1
        else:
            self.refused += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that ends is out of posts, or was thrown out."""
        if not self._done.done():
            self._done.set_result(None)

    def _next(self) -> None:
        update = next(self._bag, None)
        if update is None:
            self._transport.close()
        else:
            self._transport.write(update)


async def bring(posts: Sequence[bytes], port: int, connections: int = CONNECTIONS) -> int:
    """Bring every post and return once each is answered; returns how many were answered with a 200."""
    loop = asyncio.get_running_loop()
    bag, men, ends = iter(posts), [], []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        man = Postman(bag, done)
        await loop.create_connection(lambda man=man: man, "127.0.0.1", port)  # type: ignore[misc]
        men.append(man)
        ends.append(done)
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*ends)
    return sum(man.answered for man in men)
