"""Two whole processes of one bot, whose updates come to either: what people see is as with one."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from tests.fixtures.processes import AT_ONCE, until
from tests.fixtures.stage import BOT_RIGHTS, CHANNEL_RIGHTS, TOKEN

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.redis.hub import Hub
from gmbot.adapters.telegram.http import HttpPool
from gmbot.adapters.telegram.polling import Poller
from gmbot.bootstrap import BotAtWork, Parts, assemble
from gmbot.domain.ids import bot_of
from gmbot.domain.mass_flip import FlipLimits
from gmbot.gate.events import Event, UpdateHandled
from gmbot.gate.incoming import Incoming
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.clock import SystemClock
from gmbot.simulator import Simulator, WallClock, World

BOT = bot_of(TOKEN)
ACTS = 150
NEVER_TOO_MANY = FlipLimits(least=1_000)
"""Everybody here comes and goes within seconds, which the brake would take for a mistake."""


class Pair:
    """A world, a bot in two processes, and a balancer that gives each update to the one or the other."""

    def __init__(self, world: World, group: int, channel: int, owner: int) -> None:
        self.world, self.group, self.channel, self.owner = world, group, channel, owner
        self.workers: list[BotAtWork] = []
        self.events: list[Event] = []
        self._turns = itertools.cycle((0, 1))

    async def balance(self, incoming: Incoming) -> None:
        """Give an update to whose turn it is."""
        await self.workers[next(self._turns)].dispatcher.handle(incoming)

    async def rest(self) -> None:
        """Return once every update is dealt with and nothing is under way."""
        mailbox = next(iter(self.world.bots.values())).mailbox
        await until(lambda: not len(mailbox) and not any(len(w.outbox) for w in self.workers))

    def just(self, people: list[int]) -> bool:
        """Whether those who are subscribed can speak, and those who are not cannot."""
        return all(
            self.world.can_speak(user, self.group) is self.world.member(self.channel, user).is_member
            for user in people
        )


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    """A group guarded by a bot in two processes."""
    world = World(WallClock(), seed=5)
    bot, owner = world.add_bot(TOKEN, "gm_bot"), world.add_user("Olga")
    channel = world.create_channel(owner, "News", username="news")
    group = world.create_supergroup(owner, "Group")
    world.add_bot_to_chat(channel, bot, owner, rights=CHANNEL_RIGHTS)
    world.add_bot_to_chat(group, bot, owner, rights=BOT_RIGHTS)
    simulator, database = Simulator(world), MemoryDatabase()
    async with AsyncExitStack() as exits:
        await simulator.start()
        exits.push_async_callback(simulator.stop)
        pair = Pair(world, group, channel, owner)
        for _ in range(2):
            pair.workers.append(await _worker(simulator.url, redis_url, database, pair, exits))
        first = pair.workers[0]
        first.poller = Poller(
            first.client,
            pair.balance,
            clock=SystemClock(),
            emit=pair.events.append,
            backoff=Backoff(random=random.random),
            wait_s=1,
        )
        first.tasks.append(asyncio.create_task(first.poller.run()))
        world.say(owner, group, "/protect @news")
        await until(lambda: all(len(worker.bot.guarded.groups) == 1 for worker in pair.workers))
        await pair.rest()
        yield pair


async def _worker(
    telegram: str, redis: str, database: MemoryDatabase, pair: Pair, exits: AsyncExitStack
) -> BotAtWork:
    clock, pool = SystemClock(), HttpPool(telegram)
    exits.push_async_callback(pool.close)
    hub = Hub(redis, [BOT], clock, pair.events.append, random=random.random, pace=AT_ONCE)
    exits.push_async_callback(hub.stop)
    await hub.start()
    parts = Parts(
        clock=clock,
        random=random.random,
        transport=pool.bot,
        open_store=lambda bot_id, emit: MemoryStore(bot_id, database),
        emit=pair.events.append,
        open_shared=hub.memory,
        flips=NEVER_TOO_MANY,
    )
    worker = await assemble(TOKEN, parts)
    exits.push_async_callback(worker.stop, 1.0)
    return worker


async def test_both_know_a_group_that_one_was_told_to_protect(pair: Pair) -> None:
    """The command came to one of them; either holds whoever joins."""
    strangers = [pair.world.add_user(f"Stranger {n}") for n in range(4)]
    for stranger in strangers:
        pair.world.join(stranger, pair.group)
    await until(lambda: not any(pair.world.can_speak(user, pair.group) for user in strangers))


async def test_people_come_go_and_talk_and_everybody_gets_their_due(pair: Pair) -> None:
    """However acts and workers alternate, in the end it is as it should be."""
    dice = random.Random(8)
    people = [pair.world.add_user(f"Person {n}") for n in range(12)]
    for person in people:
        pair.world.join(person, pair.group)
    for _ in range(ACTS):
        person = dice.choice(people)
        if dice.random() < 0.5:
            if pair.world.can_speak(person, pair.group):
                pair.world.say(person, pair.group, "hello")
        elif pair.world.member(pair.channel, person).is_member:
            pair.world.unsubscribe(person, pair.channel)
        else:
            pair.world.subscribe(person, pair.channel)
        await asyncio.sleep(dice.choice([0.0, 0.0, 0.005, 0.03]))
    await pair.rest()
    await until(lambda: pair.just(people))
    outcomes = {event.outcome for event in pair.events if isinstance(event, UpdateHandled)}
    assert "failed" not in outcomes
