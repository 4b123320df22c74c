"""One connection to a server that speaks HTTP/1.1: one question at a time."""

from __future__ import annotations

import asyncio
from typing import NamedTuple, cast

import httptools


class Page(NamedTuple):
    """What a server answered. `date`: its header as it came."""

    status: int
    body: bytes
    date: bytes | None


class Connection(asyncio.Protocol):
    """Posts one request after another; `usable` until the server, or an error, ends it.

    A tenth of what a general client costs: no cookies, redirects, proxies or encodings, which the Bot API
    does not use.
    """

    def __init__(self) -> None:
        self.usable = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._heard: asyncio.Future[Page] | None = None
        self._parts: list[bytes] = []
        self._date: bytes | None = None
        self._measured = False
        self._begun = False

    async def ask(self, request: bytes) -> Page:
        """Return the answer to a request. Raises OSError if there is none, or none that makes sense.

        Whoever stops waiting ends the connection: what it answers next would be to somebody else.
        """
        if not self.usable or self._transport is None:
            raise ConnectionResetError("the server has hung up")
        self._heard = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._heard
        except BaseException:
            self.close()
            raise
        finally:
            self._heard = None

    def close(self) -> None:
        """End it at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's are not of asyncio's class.
        self._transport = cast("asyncio.Transport", transport)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Take in a piece of an answer."""
        if self._heard is None:
            # Nobody asked: the server says good-bye (408), or has lost count.
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(type(error).__name__))

    def connection_lost(self, exc: Exception | None) -> None:
        """End; an answer of unknown length ends with the connection."""
        self.usable = False
        if exc is None and self._begun and not self._measured:
            self.on_message_complete()
        self._fail(ConnectionResetError("the server has hung up"))

    def on_message_begin(self) -> None:
        """Forget the last answer."""
        self._parts.clear()
        self._date, self._measured, self._begun = None, False, False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notice what matters."""
        word = name.lower()
        if word == b"date":
            self._date = value
        elif word in {b"content-length", b"transfer-encoding"}:
            self._measured = True

    def on_headers_complete(self) -> None:
        """From here on, what comes is the body."""
        self._begun = True

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        self._begun = False
        status = self._parser.get_status_code()
        if status < 200:
            return
        if not self._parser.should_keep_alive():
            self.close()
        if self._heard is not None and not self._heard.done():
            self._heard.set_result(Page(status, b"".join(self._parts), self._date))

    def _fail(self, error: OSError) -> None:
        if self._heard is not None and not self._heard.done():
            self._heard.set_exception(error)
