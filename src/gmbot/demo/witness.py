"""Sees what the bot does after somebody's act, and how long it took."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import msgspec

from gmbot.demo.box import Box
from gmbot.simulator import Call

LOOK_AGAIN_S = 0.001
MOST_SEEN = 5

_HOUSEKEEPING = frozenset({"getUpdates", "getWebhookInfo"})
"""Calls that nobody's act is the cause of."""


class NotSeen(Exception):
    """A step did not happen: what was expected, and what was seen instead."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(expected, seen)
        self.expected = expected
        self.seen = seen


class Sight(msgspec.Struct, frozen=True):
    """What was seen: the call, if there was one, and the milliseconds from the act to its effect."""

    ms: float
    call: Call | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The call that should be made; None means any."""

    method: str
    user: int | None = None
    chat: int | None = None
    status: int = 200

    def fits(self, call: Call) -> bool:
        """Whether this is such a call."""
        arguments = call.arguments
        return (
            call.method == self.method
            and call.status == self.status
            and self.user in {None, arguments.get("user_id")}
            and self.chat in {None, arguments.get("chat_id")}
        )


class Witness:
    """Keeps the calls since the last act, each with when it ended.

    `settled` returns when the bot has nothing in hand; `patience_s` is how long anything may take.
    """

    def __init__(self, box: Box, settled: Callable[[], Awaitable[None]], patience_s: float) -> None:
        self._box = box
        self._settled = settled
        self._patience_s = patience_s
        self._acted_at = 0.0
        self._calls: list[tuple[float, Call]] = []
        self._news = asyncio.Event()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Listen to the box's calls meanwhile."""
        stop = self._box.simulator.calls.listen(self._heard)
        try:
            yield
        finally:
            stop()

    def act_begins(self) -> None:
        """Measure from now on, and forget earlier calls."""
        self._acted_at = time.perf_counter()
        self._calls.clear()

    async def call(self, expected: str, wanted: Wanted, so: Callable[[], bool]) -> Sight:
        """Return the first wanted call since the act, once the world is `so`; raises NotSeen."""
        async with self._patience(expected):
            while (sight := self._sight(wanted)) is None or not so():
                self._news.clear()
                await self._news.wait()
        return sight

    async def rest(self, expected: str) -> Sight:
        """Return once every update is confirmed and the bot has nothing in hand; raises NotSeen."""
        async with self._patience(expected):
            await self._at_rest()
        return Sight((time.perf_counter() - self._acted_at) * 1000)

    async def nothing(self, expected: str, unwanted: Wanted | None, so: Callable[[], bool]) -> Sight:
        """Return once the bot is at rest without an `unwanted` call (None: any) and the world is `so`."""
        sight = await self.rest(expected)
        made = [call for _, call in self._calls if unwanted is None or unwanted.fits(call)]
        if made or not so():
            raise NotSeen(expected, self._seen())
        return sight

    def _heard(self, call: Call) -> None:
        if call.method not in _HOUSEKEEPING:
            self._calls.append((time.perf_counter(), call))
            self._news.set()

    def _sight(self, wanted: Wanted) -> Sight | None:
        for at, call in self._calls:
            if wanted.fits(call):
                return Sight((at - self._acted_at) * 1000, call)
        return None

    async def _at_rest(self) -> None:
        """What the bot does makes new updates, the echoes of its calls: at rest it has taken these too."""
        while True:
            all_taken = not self._box.unconfirmed
            await self._settled()
            if all_taken and not self._box.unconfirmed:
                return
            await asyncio.sleep(LOOK_AGAIN_S)

    @contextlib.asynccontextmanager
    async def _patience(self, expected: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience_s):
                yield
        except TimeoutError:
            raise NotSeen(expected, self._seen()) from None

    def _seen(self) -> str:
        last = self._calls[-MOST_SEEN:]
        calls = [f"{call.method} {self._box.target(call)} {call.status}" for _, call in last]
        waiting = f"{self._box.unconfirmed} updates not taken by the bot"
        return "; ".join(calls or ["no call of the bot"]) + f"; {waiting}"
