"""A simulator on a loopback socket, with a group, a channel, and our client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.fixtures.telegram import TOKEN

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.http import HttpPool
from gmbot.domain.ids import BotId
from gmbot.gate.events import Event
from gmbot.gate.incoming import Incoming
from gmbot.resilience.clock import SystemClock
from gmbot.simulator import Fault, Simulator, WallClock, World
from gmbot.simulator.mailbox import UPDATE_KINDS


class Box:
    """The world, its server, and a bot that administers a group and a channel."""

    def __init__(self) -> None:
        self.world = World(WallClock())
        self.bot = self.world.add_bot(TOKEN, "gate_bot", "Gate")
        self.olga = self.world.add_user("Olga")
        self.ann = self.world.add_user("Ann", username="ann")
        self.news = self.world.create_channel(self.olga, "News", username="news")
        self.talk = self.world.create_supergroup(self.olga, "Talk")
        self.world.add_bot_to_chat(self.news, self.bot, self.olga)
        self.world.add_bot_to_chat(self.talk, self.bot, self.olga)
        mailbox = self.world.bots[self.bot].mailbox
        mailbox.allow(sorted(UPDATE_KINDS))
        mailbox.clear()
        self.simulator = Simulator(self.world)
        self.events: list[Event] = []
        self.clock = SystemClock()
        self.heard: asyncio.Queue[Incoming] = asyncio.Queue()

    def client(self, pool: HttpPool, *, token: str = TOKEN, deadline_s: float = 10.0) -> BotClient:
        """A client of the bot."""
        return BotClient(
            pool.bot(token),
            bot_id=BotId(self.bot),
            clock=self.clock,
            emit=self.events.append,
            deadline_s=deadline_s,
        )

    def strike(self, fault: Fault) -> None:
        """Let something go wrong."""
        self.simulator.faults.add(fault)

    async def hear(self, update: Incoming) -> None:
        """Take an update."""
        self.heard.put_nowait(update)

    async def next(self) -> Incoming:
        """The next update that was handled."""
        return await asyncio.wait_for(self.heard.get(), 10)

    def pending(self) -> int:
        """How many updates are not confirmed."""
        return len(self.world.bots[self.bot].mailbox)


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    """A box that is listening."""
    made = Box()
    await made.simulator.start()
    yield made
    await made.simulator.stop()


@pytest.fixture
async def pool(box: Box) -> AsyncIterator[HttpPool]:
    """Connections to the box."""
    made = HttpPool(box.simulator.url)
    yield made
    await made.close()


@pytest.fixture
def client(box: Box, pool: HttpPool) -> BotClient:
    """Our client of the box's bot."""
    return box.client(pool)
