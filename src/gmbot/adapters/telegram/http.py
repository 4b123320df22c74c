"""HTTP to the Bot API: one pool of connections for all bots."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from aiohappyeyeballs import start_connection

from gmbot.adapters.telegram.connection import Connection, Page
from gmbot.adapters.telegram.transport import Reply, Transport
from gmbot.domain.errors import Unavailable

OFFICIAL_SERVER = "https://api.telegram.org"
CONNECT_TIMEOUT_S = 5.0
HAPPY_EYEBALLS_S = 0.25
"""How long IPv6 is preferred to IPv4, or the other way round (RFC 8305)."""

IDLE_S = 15.0
"""An older connection may be about to be closed by the server, just when it is asked something."""

RESOLVED_S = 10.0


class HttpPool:
    """Connections to one Bot API server, opened when first needed.

    `connections` bounds how many are open at once; each bot that polls keeps one of them busy.
    """

    def __init__(self, server: str = OFFICIAL_SERVER, *, connections: int = 256) -> None:
        address = urlsplit(server.rstrip("/"))
        self._tls = address.scheme == "https"
        self._host = address.hostname or ""
        self._port = address.port or (443 if self._tls else 80)
        self._authority = address.netloc.rpartition("@")[2]
        self._path = address.path
        self._room = asyncio.Semaphore(connections)
        self._idle: list[Connection] = []
        self._busy: set[Connection] = set()
        self._addresses: tuple[float, list[Any]] = (0.0, [])
        self._security: ssl.SSLContext | None = None

    def bot(self, token: str) -> Transport:
        """Return what carries the calls of the bot with that token."""
        path = f"{self._path}/bot{quote(token, safe=':')}/"
        head = f"Host: {self._authority}\r\nContent-Type: application/json\r\nUser-Agent: GMBot\r\n"
        return _BotOverHttp(self, path, head, token)

    async def ask(self, request: bytes) -> Page:
        """Return what the server answers. Raises OSError if it does not."""
        async with self._room, self._connection() as connection:
            return await connection.ask(request)

    async def close(self) -> None:
        """Close every connection."""
        for connection in (*self._idle, *self._busy):
            connection.close()
        self._idle.clear()
        # uvloop closes what is aborted in the next turn of the loop.
        await asyncio.sleep(0)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection = self._warm() or await self._open()
        self._busy.add(connection)
        try:
            yield connection
        finally:
            self._busy.discard(connection)
            if connection.usable:
                connection.idle_since = asyncio.get_running_loop().time()
                self._idle.append(connection)

    def _warm(self) -> Connection | None:
        """Return the connection that was used last, if it can be used again."""
        fresh = asyncio.get_running_loop().time() - IDLE_S
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.idle_since >= fresh:
                return connection
            connection.close()
        return None

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            opened = await start_connection(
                await self._resolved(), happy_eyeballs_delay=HAPPY_EYEBALLS_S, interleave=1, loop=loop
            )
            try:
                _, connection = await loop.create_connection(
                    Connection,
                    sock=opened,
                    ssl=self._context() if self._tls else None,
                    server_hostname=self._host if self._tls else None,
                )
            except BaseException:
                opened.close()
                raise
        return connection

    async def _resolved(self) -> list[Any]:
        loop = asyncio.get_running_loop()
        until, found = self._addresses
        if loop.time() >= until:
            found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = loop.time() + RESOLVED_S, found
        return found

    def _context(self) -> ssl.SSLContext:
        if self._security is None:
            self._security = ssl.create_default_context()
        return self._security


class _BotOverHttp:
    """The only place that holds the token, and the only one that sees an address with it."""

    def __init__(self, pool: HttpPool, path: str, head: str, token: str) -> None:
        self._pool = pool
        self._path = path
        self._head = head
        self._token = token.encode()
        self._heads: dict[str, bytes] = {}
        self._date: tuple[bytes | None, float | None] = (None, None)

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Post and return the answer; a redirect is an answer too, and is not followed.

        Raises Unavailable outside of the handler: an error may hold the address, and a chained one would
        be printed with ours.
        """
        try:
            async with asyncio.timeout(max(timeout_s, 0.001)):
                page = await self._pool.ask(self._request(method, body))
        except (OSError, ValueError) as error:
            failure = type(error).__name__
        else:
            return Reply(page.status, self._scrubbed(page.body), self._unix(page.date))
        raise Unavailable(f"{method}: no answer ({failure})")

    def _request(self, method: str, body: bytes) -> bytes:
        head = self._heads.get(method)
        if head is None:
            line = f"POST {self._path}{quote(method)} HTTP/1.1\r\n"
            head = self._heads[method] = f"{line}{self._head}Content-Length: ".encode()
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)

    def _scrubbed(self, answer: bytes) -> bytes:
        """A proxy's error page may quote the address."""
        return answer.replace(self._token, b"BOT_TOKEN") if self._token in answer else answer

    def _unix(self, date: bytes | None) -> float | None:
        """Return a `Date` in Unix seconds; calls of one second bear the same."""
        if date != self._date[0]:
            self._date = date, _unix(date)
        return self._date[1]


def _unix(date: bytes | None) -> float | None:
    try:
        return None if date is None else parsedate_to_datetime(date.decode("ascii")).timestamp()
    except (ValueError, OverflowError):
        return None
