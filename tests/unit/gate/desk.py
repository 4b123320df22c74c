"""A ledger and an outbox over the memory store, on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fixtures.outages import BrittleStore, Outage

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, GroupId, UserId
from gmbot.gate.changes import NO_CHANGES, Changes
from gmbot.gate.events import Event, IntentFailed
from gmbot.gate.guarded import Guarded
from gmbot.gate.intents import Intent, Owed, Settle
from gmbot.gate.ledger import Ledger
from gmbot.gate.outbox import Outbox
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.workers import TaskPool
from gmbot.simulator import VirtualClock

BOT = BotId(123456)
GROUP = GroupId(-1001)


def settle(user_id: int = 1) -> Settle:
    """Return an intent about somebody."""
    return Settle(GROUP, UserId(user_id))


def unavailable(owed: Owed) -> Changes:
    """Telegram does not answer."""
    raise Unavailable("down")


def done(owed: Owed) -> Changes:
    """All is well."""
    return NO_CHANGES


@dataclass
class Desk:
    """One process: what it was made to perform, and what it told."""

    clock: VirtualClock
    database: MemoryDatabase
    outage: Outage = field(default_factory=Outage)
    performed: list[Owed] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    act: Callable[[Owed], Changes] = lambda owed: NO_CHANGES
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        """Put everything together, with its doors open."""
        self.gate.set()
        self.store = BrittleStore(BOT, self.database, self.outage)
        self.memory = FactMemory()
        self.guarded = Guarded()
        self.ledger = Ledger(
            self.store, self.memory, Alone(), self.guarded, self.clock, telegram_now=self.clock.now
        )
        self.outbox = Outbox(
            self.store,
            self.ledger,
            self._perform,
            clock=self.clock,
            emit=self.events.append,
            pool=TaskPool(64, self.errors.append, classes=8),
            backoff=Backoff(random=lambda: 1.0),
        )

    async def _perform(self, owed: Owed) -> Changes:
        self.performed.append(owed)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            return self.act(owed)
        finally:
            self.at_once -= 1

    async def owe(self, intent: Intent, delay_s: float = 0) -> Owed:
        """Write down a debt."""
        owed = self.ledger.owe(intent, delay_s=delay_s)
        await self.ledger.write(Changes(owed=(owed,)))
        return owed

    async def advance(self, seconds: float) -> None:
        """Let time pass, a second at a time."""
        for _ in range(int(seconds)):
            await self.clock.advance(1)

    async def owing(self) -> bool:
        """Whether anything is still owed."""
        return await self.store.next_due() is not None

    @property
    def failures(self) -> list[IntentFailed]:
        """What was told of attempts that failed."""
        return [event for event in self.events if isinstance(event, IntentFailed)]
