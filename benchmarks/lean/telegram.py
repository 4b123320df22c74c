"""The Bot API over bare sockets: as much of HTTP and of Telegram as bots under measurement need."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from typing import cast

from benchmarks.lean.answers import Arguments, BotApi, arguments_of
from benchmarks.lean.mailbox import Mailbox
from benchmarks.lean.members import Members
from benchmarks.lean.updates import encoded

LONGEST_POLL_S = 20.0
_OFFSET = re.compile(rb"""offset["=:\s]+(-?\d+)""")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_EMPTY = b'{"ok":true,"result":[]}'

Hear = Callable[[str, Arguments, float], None]
"""Told of each call but polls: its method, its arguments, and when it came (`time.perf_counter()`)."""


class LeanTelegram:
    """One bot's Bot API server. `echoes`: whether restrictions come back as `chat_member`, as in life."""

    def __init__(self, members: Members, *, first_id: int = 1, echoes: bool = True) -> None:
        self.members = members
        self.mailbox = Mailbox(first_id)
        self.mailbox.on_arrival(self._answer_poll)
        self.calls: Counter[str] = Counter()
        self.last_call_s = 0.0
        self._polled: asyncio.Future[float] | None = None
        self._api = BotApi(members, self.mailbox, echoes=echoes)
        self._hear: list[Hear] = []
        self._poll: tuple[Connection, int, asyncio.TimerHandle] | None = None
        self._server: asyncio.Server | None = None
        self._dated = (0, b"")

    async def start(self) -> str:
        """Serve on loopback and return the address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Serve nobody any more."""
        if self._poll is not None:
            self._poll[2].cancel()
        if self._server is not None:
            self._server.close()
            await asyncio.sleep(0)

    def listen(self, hear: Hear) -> Callable[[], None]:
        """Tell of each call; returns what ends that."""
        self._hear.append(hear)
        return lambda: self._hear.remove(hear)

    async def first_poll(self) -> float:
        """Return when the next getUpdates came (`time.perf_counter()`)."""
        self._polled = asyncio.get_running_loop().create_future()
        return await self._polled

    def request(self, connection: Connection, method: str, body: bytes) -> None:
        """Answer a call, now or when there is something to tell."""
        self.calls[method] += 1
        if method == "getUpdates":
            self._fetch(connection, body)
            return
        arguments = arguments_of(body)
        moment = self.last_call_s = time.perf_counter()
        connection.write(
            self._respond(b'{"ok":true,"result":%b}' % encoded(self._api.result(method, arguments)))
        )
        for hear in tuple(self._hear):
            hear(method, arguments, moment)

    def _fetch(self, connection: Connection, body: bytes) -> None:
        if self._polled is not None and not self._polled.done():
            self._polled.set_result(time.perf_counter())
        found = _OFFSET.search(body)
        offset = int(found[1]) if found else 0
        page = self.mailbox.fetch(offset)
        if page is None:
            if self._poll is not None:
                self._poll[2].cancel()
            late = asyncio.get_running_loop().call_later(LONGEST_POLL_S, self._give_up)
            self._poll = (connection, offset, late)
        else:
            connection.write(self._respond(b'{"ok":true,"result":[%b]}' % page))

    def _answer_poll(self) -> None:
        if self._poll is None:
            return
        connection, offset, late = self._poll
        page = self.mailbox.fetch(offset)
        if page is not None:
            self._poll = None
            late.cancel()
            connection.write(self._respond(b'{"ok":true,"result":[%b]}' % page))

    def _give_up(self) -> None:
        if self._poll is not None:
            connection, self._poll = self._poll[0], None
            connection.write(self._respond(_EMPTY))

    def _respond(self, body: bytes) -> bytes:
        second = int(time.time())
        if self._dated[0] != second:
            self._dated = (second, formatdate(second, usegmt=True).encode())
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (self._dated[1], len(body), body)
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection of a bot's."""

    def __init__(self, telegram: LeanTelegram) -> None:
        self._telegram = telegram
        self._transport: asyncio.Transport | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers go to."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take whole requests, and hold what is not one yet."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(self._held, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._held) < whole:
                return
            request, self._held = self._held[:whole], self._held[whole:]
            path = request[: request.find(b" ", 5)]
            self._telegram.request(self, path.rpartition(b"/")[2].decode(), request[end + 4 :])

    def write(self, answer: bytes) -> None:
        """Send an answer, if somebody is still there to hear it."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)
