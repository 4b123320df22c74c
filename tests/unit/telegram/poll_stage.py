"""A poller over a script, for its tests."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from tests.fixtures.telegram import PATIENCE_S, LeapingClock, Script, client_of, ok

from gmbot.adapters.telegram.polling import MANY, Poller
from gmbot.adapters.telegram.transport import Reply as Answer
from gmbot.domain.errors import Unavailable
from gmbot.gate.events import Event
from gmbot.gate.glimpse import Glimpse
from gmbot.gate.incoming import Incoming
from gmbot.resilience.backoff import Backoff

LOST = Unavailable("getUpdates: no answer (reset)")


class Stage:
    """A poller over a script; whatever it handles is noted, and may be made to fail."""

    def __init__(self, *answers: Answer | Exception, overtake_s: float = math.inf) -> None:
        self.script = Script(*answers)
        self.clock = LeapingClock()
        self.events: list[Event] = []
        self.handled: list[int] = []
        self.seen: list[Incoming] = []
        self.passed: list[int] = []
        self.known: set[int] = set()
        self.knowable: set[int] = set()
        self.foreseen: list[list[int]] = []
        self.tripping = 0
        self.trouble: dict[int, list[Exception]] = {}
        self.gates: dict[int, asyncio.Event] = {}
        self.begun = asyncio.Event()
        self.poller = Poller(
            client_of(self.script, self.events, clock=self.clock),
            self.handle,
            clock=self.clock,
            emit=self.events.append,
            backoff=Backoff(0.5, 30.0, random=lambda: 1.0),
            passes=self.passes,
            foresee=self.foresee,
            overtake_s=overtake_s,
        )

    def passes(self, seen: Glimpse) -> bool:
        """Let somebody's messages pass; one of them trips us."""
        if seen.update_id == self.tripping:
            raise KeyError("a bug that nobody foresaw")
        if seen.user_id not in self.known:
            return False
        self.passed.append(seen.update_id)
        return True

    async def foresee(self, seen: Sequence[Glimpse]) -> int:
        """Know from now on who wrote these, if it can be known."""
        self.foreseen.append([one.update_id for one in seen])
        found = {one.user_id for one in seen} & self.knowable - self.known
        self.known |= found
        return len(found) * MANY

    async def handle(self, update: Incoming) -> None:
        """Note an update, after its gate has opened and its troubles are over."""
        self.begun.set()
        if update.update_id in self.gates:
            await self.gates[update.update_id].wait()
        if self.trouble.get(update.update_id):
            raise self.trouble[update.update_id].pop(0)
        self.handled.append(update.update_id)
        self.seen.append(update)

    async def run(self) -> None:
        """Poll until the script is over, then stop."""
        running = asyncio.ensure_future(self.poller.run())
        async with asyncio.timeout(PATIENCE_S):
            await self.script.hanging.wait()
            await self.poller.stop()
            await running

    @property
    def offsets(self) -> list[object]:
        """The offsets that were asked for."""
        return [arguments["offset"] for method, arguments in self.script.calls if method == "getUpdates"]


def stage(*answers: Answer | Exception, overtake_s: float = math.inf) -> Stage:
    """A stage whose first answer, to deleteWebhook, is yes."""
    return Stage(ok(), *answers, overtake_s=overtake_s)


def batch(*updates: dict[str, object]) -> Answer:
    """An answer with these updates."""
    return ok(list(updates))
