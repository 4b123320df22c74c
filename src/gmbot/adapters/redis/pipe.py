"""Commands over one connection: what is asked while a batch is under way makes the next batch."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

from gmbot.domain.errors import Unavailable

MOST_AT_ONCE = 512
MOST_WAITING = 20_000

Command = tuple[str | int, ...]


class Pipe:
    """Asks in batches, in order; any error, an error reply included, is its end.

    One connection serves any number of askers: a pool would cost a round trip each, and a burst would
    wait for a free connection. A batch that is not answered within `answer_s` seconds ends it too.
    """

    def __init__(self, connection: AbstractConnection, *, answer_s: float) -> None:
        self._connection = connection
        self._answer_s = answer_s
        self._waiting: list[tuple[Command, asyncio.Future[Any]]] = []
        self._wake = asyncio.Event()
        self._over = False

    def ask(self, *command: str | int) -> asyncio.Future[Any]:
        """Return what will hold the answer, or Unavailable; the command is sent even if nobody waits."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_heard)
        if self._over or len(self._waiting) >= MOST_WAITING:
            answer.set_exception(Unavailable("Redis is not asked"))
            return answer
        self._waiting.append((command, answer))
        self._wake.set()
        return answer

    async def run(self) -> None:
        """Send what is asked, until something fails; then whoever waits is told, and the failure raised."""
        batch: list[tuple[Command, asyncio.Future[Any]]] = []
        try:
            while True:
                await self._wake.wait()
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                if batch:
                    await self._exchange(batch)
                else:
                    self._wake.clear()
        finally:
            self._over = True
            for _, answer in (*batch, *self._waiting):
                if not answer.done():
                    answer.set_exception(Unavailable("Redis did not answer"))

    async def _exchange(self, batch: list[tuple[Command, asyncio.Future[Any]]]) -> None:
        refused: ResponseError | None = None
        async with asyncio.timeout(self._answer_s):
            packed = self._connection.pack_commands([command for command, _ in batch])
            await self._connection.send_packed_command(packed, check_health=False)
            for _, answer in batch:
                try:
                    value = await self._connection.read_response()
                except ResponseError as error:
                    refused = error
                    continue
                if not answer.done():
                    answer.set_result(value)
        if refused is not None:
            raise refused


def _heard(answer: asyncio.Future[Any]) -> None:
    """An error that nobody waits for counts as heard: asyncio would log it otherwise."""
    if not answer.cancelled():
        answer.exception()
