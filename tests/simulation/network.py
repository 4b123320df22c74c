"""The way between GMBot and Telegram: slow, and deaf to whoever hangs up after a call has left."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec
from tests.simulation.mortal import Mortal
from tests.simulation.watched import CALL, Sent

from gmbot.adapters.telegram.transport import Reply
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import bot_of
from gmbot.simulator import Simulator

WATCHED = frozenset(
    {"restrictChatMember", "banChatMember", "unbanChatMember", "sendMessage", "editMessageText"}
)
_ARGUMENTS = msgspec.json.Decoder(dict[str, object])


class Network:
    """Carries calls; one way takes `latency_s` at most, and `spike_s` more in bad times."""

    def __init__(self, simulator: Simulator, chance: random.Random, latency_s: float) -> None:
        self._simulator = simulator
        self._chance = chance
        self._latency_s = latency_s
        self.spike_s = 0.0
        self.on_sent: Callable[[Sent], None] = lambda sent: None
        self._outside = contextvars.Context()

    def carry(self, path: str, body: bytes, sent: Sent | None) -> asyncio.Task[Reply]:
        """Bring a call to Telegram and its answer back, whether or not somebody waits for it."""
        task = asyncio.get_running_loop().create_task(
            self._carried(path, body, sent), context=self._outside.copy()
        )
        task.add_done_callback(_heard)
        return task

    async def way(self) -> None:
        """Take one way."""
        await asyncio.sleep(self._chance.random() * (self._latency_s + self.spike_s))

    async def _carried(self, path: str, body: bytes, sent: Sent | None) -> Reply:
        CALL.set(sent)
        await self.way()
        status, headers, answer = await self._simulator.in_process.handle(path, body)
        await self.way()
        return Reply(status, answer, _date(headers["Date"]))


class Line:
    """One bot's calls from one process."""

    def __init__(self, network: Network, token: str, mortal: Mortal, now: Callable[[], float]) -> None:
        self._network = network
        self._token = token
        self._mortal = mortal
        self._now = now

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Carry a call. Raises Unavailable when its answer is lost or late."""
        await self._mortal.alive()
        call = self._network.carry(f"/bot{self._token}/{method}", body, self._sent(method, body))
        try:
            await asyncio.wait({call}, timeout=timeout_s)
        finally:
            if method == "getUpdates":
                call.cancel()
        await self._mortal.alive()
        if not call.done():
            raise Unavailable(f"{method}: no answer (late)")
        try:
            return call.result()
        except (ConnectionResetError, asyncio.CancelledError):
            raise Unavailable(f"{method}: no answer (reset)") from None

    def _sent(self, method: str, body: bytes) -> Sent | None:
        if method not in WATCHED:
            return None
        sent = Sent(bot_of(self._token), method, _ARGUMENTS.decode(body), self._now())
        self._network.on_sent(sent)
        return sent


def _heard(task: asyncio.Task[Reply]) -> None:
    """An error that nobody waits for any more counts as heard."""
    if not task.cancelled():
        task.exception()


@lru_cache(maxsize=4096)
def _date(header: str) -> float:
    return parsedate_to_datetime(header).timestamp()
