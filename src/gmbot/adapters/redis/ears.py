"""One connection on which Redis tells what others changed, and how fresh that is.

Redis' client tracking in broadcasting mode names every key under our prefixes that is written, expires or
is evicted; plain messages tell the rest. In RESP2 a connection may redirect what tracking tells to itself,
once it is subscribed: then both end together, and no change can be missed between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio.connection import AbstractConnection

from gmbot.adapters.redis.trust import Trust
from gmbot.domain.errors import Unavailable

INVALIDATED = b"__redis__:invalidate"


class Ears:
    """Hears keys (`on_keys`; None for all of them) and messages (`on_message`, with its channel).

    `trust.heard_at` is the moment, in `monotonic` seconds, of the last question that Redis has answered; it
    answers after it has told all that it knew.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        *,
        on_keys: Callable[[Sequence[bytes] | None], None],
        on_message: Callable[[bytes, bytes], None],
        monotonic: Callable[[], float],
        trust: Trust,
    ) -> None:
        self._connection = connection
        self._on_keys = on_keys
        self._on_message = on_message
        self._monotonic = monotonic
        self._trust = trust
        self._asked: list[float] = []

    async def open(self, prefixes: Sequence[str], channels: Sequence[str]) -> None:
        """Have Redis tell of every key that begins like that, and of messages on those channels."""
        await self._connection.connect()  # type: ignore[no-untyped-call]
        own_id = await self._ask("CLIENT", "ID")
        tracked = [word for prefix in prefixes for word in ("PREFIX", prefix)]
        await self._ask("CLIENT", "TRACKING", "ON", "REDIRECT", own_id, "BCAST", *tracked)
        await self._connection.send_command("SUBSCRIBE", INVALIDATED, *channels, check_health=False)
        for _ in range(len(channels) + 1):
            await self._connection.read_response()

    async def listen(self) -> None:
        """Hear until the connection fails."""
        while True:
            self._take(await self._connection.read_response())

    async def ping(self, *, patience_s: float) -> None:
        """Ask for a sign of life. Raises Unavailable when the last one is overdue by `patience_s` seconds."""
        now = self._monotonic()
        if self._asked and now - self._asked[0] > patience_s:
            raise Unavailable("Redis gives no sign of life")
        self._asked.append(now)
        await self._connection.send_command("PING", check_health=False)

    async def _ask(self, *command: str | int) -> Any:
        await self._connection.send_command(*command, check_health=False)
        return await self._connection.read_response()

    def _take(self, told: Any) -> None:
        match told:
            case [b"pong", *_]:
                self._trust.heard_at = self._asked.pop(0)
            case [b"message", channel, content] if channel == INVALIDATED:
                self._on_keys(content)
            case [b"message", channel, content]:
                self._on_message(channel, content)
            case _:
                raise Unavailable("Redis says what was not asked")
