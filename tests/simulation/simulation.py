"""One life from its seed: a world, people, GMBot, and everything that goes wrong; then the reckoning."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial

import msgspec
from tests.simulation.cast import Cast, guard, raise_world
from tests.simulation.clocks import START, MachineClock, WorldClock
from tests.simulation.journal import Broken, Journal
from tests.simulation.life import Life
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Network
from tests.simulation.process import Fleet, Outside
from tests.simulation.promises import Promises
from tests.simulation.reckoning import Reckoning
from tests.simulation.storage import DatabaseServer
from tests.simulation.tier import Tier
from tests.simulation.trouble import Stage, Troubles
from tests.simulation.webhook import Porter

from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.transport import Transport
from gmbot.gate.events import (
    BrakePulled,
    Event,
    GroupPaused,
    HoldEnded,
    HoldPlaced,
    IntentFailed,
    SweepEnded,
    Unforeseen,
)
from gmbot.gate.ports import Store
from gmbot.simulator import Network as Ways
from gmbot.simulator import Simulator
from gmbot.simulator.delivery import Pace
from gmbot.simulator.dispatch import Pending

CALM_S = 60.0
"""How soon after the last fault everybody who qualifies is free (promise 2)."""

ROLL_CALL_S = 3.0
TIDY_S = 150.0
"""How long what is less urgent may take: redeliveries, a sweep, prompts that wait for their pace."""

LAST_WAIT_S = 20
MOST_ENDINGS = 100
"""How often a task is cancelled before it counts as stubborn."""

_TELLING = (HoldPlaced, HoldEnded, GroupPaused, BrakePulled, IntentFailed, SweepEnded, Unforeseen)
_WEBHOOK_PACE = Pace(answer_timeout_s=30.0, longest_delay_s=(8.0, 16.0))


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a life is lived; `memory` and `spoil_…` may put broken parts in the place of good ones."""

    seed: int
    troubles: tuple[int, int] = (3, 30)
    memory: Callable[[], MemoryDatabase] = MemoryDatabase
    spoil_line: Callable[[Transport], Transport] = lambda line: line
    spoil_store: Callable[[Store], Store] = lambda store: store


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a life."""

    seed: int
    journal: Journal
    turns: int
    calls: int

    @property
    def broken(self) -> list[Broken]:
        """The promises that were not kept."""
        return self.journal.broken

    @property
    def digest(self) -> str:
        """Everything that happened, and in how many steps, in a few characters."""
        return f"{self.journal.digest}-{self.turns}"

    def story(self) -> str:
        """Return which promise was broken first, and how it came to that."""
        first = self.broken[0]
        head = f"seed {self.seed}: {first.promise}: {first.detail} (at {first.at:.3f} s)"
        more = [f"  and {one.promise}: {one.detail}" for one in self.broken[1:6]]
        return "\n".join((head, *more, self.journal.lines[0], self.journal.story(first)))


class TellingSimulator(Simulator):
    """A simulator that tells when it answers with what somebody was before."""

    promises: Promises

    def _stale_member(self, call: Pending) -> object:
        chat, user = call.arguments.get("chat_id"), call.arguments.get("user_id")
        if isinstance(chat, int) and isinstance(user, int):
            self.promises.lied(chat, user)
        return super()._stale_member(call)


def simulate(plan: Plan) -> Outcome:
    """Live one life and return what came of it."""
    chance = random.Random(plan.seed)
    loop = SimulatedLoop(random.Random(chance.random()), chance.choice([0.0, 0.3, 1.0]))
    journal = Journal()
    try:
        calls = loop.run_until_complete(_Simulation(plan, journal, chance).run())
        for complaint in loop.complaints:
            journal.broken.append(Broken("no error goes unheard", complaint, (), loop.time()))
        return Outcome(seed=plan.seed, journal=journal, turns=loop.turns, calls=calls)
    finally:
        loop.turns = 0
        loop.run_until_complete(_end_everything())
        loop.close()


async def _end_everything() -> None:
    """End what the world itself was about to do: polls that wait, posts that are repeated."""
    for _ in range(MOST_ENDINGS):
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.001)
        if len(asyncio.all_tasks()) == 1:
            return


class _Simulation:
    """Everything of one life, put together."""

    def __init__(self, plan: Plan, journal: Journal, chance: random.Random) -> None:
        self._plan = plan
        self._journal = journal
        self._chance = chance
        self._clock = WorldClock()

    async def run(self) -> int:
        """Live, suffer, recover, and be judged; return how many calls were made."""
        await self._set_up()
        await self._fleet.start()
        await self._live()
        self._troubles.end()
        await self._recover()
        left = await self._fleet.stop()
        if left:
            self._journal.blame("nothing is left running", ", ".join(sorted(left)))
        return len(self._simulator.calls)

    async def _set_up(self) -> None:
        chance = self._chance
        self._cast = cast = raise_world(chance, self._clock, self._plan.seed)
        database = DatabaseServer(
            self._plan.memory(), random.Random(chance.random()), chance.choice([0.0, 0.004, 0.05])
        )
        self._database = database
        self._promises = Promises(cast, self._journal, database.memory, self._clock.now)
        porter = Porter()
        self._simulator = TellingSimulator(
            cast.world, network=Ways(post=porter, pace=_WEBHOOK_PACE), seed=self._plan.seed
        )
        self._network = Network(
            self._simulator, random.Random(chance.random()), chance.choice([0.01, 0.1, 0.6])
        )
        self._tier = Tier(random.Random(chance.random())) if chance.random() < 0.6 else None
        self._machine = MachineClock()
        webhook = chance.random() < 0.5
        size = 1 + (webhook and self._tier is not None and chance.random() < 0.5)
        self._fleet = Fleet(self._outside(webhook), random.Random(chance.random()), size)
        porter.fleet, porter.network = self._fleet, self._network
        self._life = Life(cast, self._journal, random.Random(chance.random()))
        await guard(cast, database.memory, chance, self._clock.now())
        self._reckoning = Reckoning(
            cast, self._journal, database.memory, self._promises, lambda: self._troubles.unheard()
        )
        self._listen()
        stage = self._stage()
        self._troubles = Troubles(stage, random.Random(chance.random()), lose_updates=chance.random() < 0.5)
        self._journal.write(
            f"world {len(cast.people)} people, {len(cast.groups)} groups, {len(cast.tenants)} tenants, "
            f"{'webhook' if webhook else 'polling'}, {size} processes, "
            f"{'shared' if self._tier else 'no shared'} memory"
        )

    def _outside(self, webhook: bool) -> Outside:
        return Outside(
            network=self._network,
            database=self._database,
            tier=self._tier,
            machine=self._machine,
            journal=self._journal,
            tokens=tuple(tenant.token for tenant in self._cast.tenants),
            webhook=webhook,
            world_now=self._clock.now,
            spoil_line=self._plan.spoil_line,
            spoil_store=self._plan.spoil_store,
            on_event=self._hear,
        )

    def _stage(self) -> Stage:
        return Stage(
            cast=self._cast,
            life=self._life,
            simulator=self._simulator,
            network=self._network,
            database=self._database,
            tier=self._tier,
            fleet=self._fleet,
            machine=self._machine,
            journal=self._journal,
        )

    def _listen(self) -> None:
        self._simulator.promises = self._promises
        self._simulator.calls.listen(self._promises.called)
        self._network.on_sent = self._promises.sent
        self._database.on_apply = self._promises.stored
        self._cast.world.chronicle.listeners.append(self._promises.changed)
        for tenant in self._cast.tenants:
            for group in self._database.memory.tenant(tenant.bot).groups.values():  # type: ignore[arg-type]
                self._promises.guarded(group)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Unforeseen):
            self._journal.blame("nothing unforeseen happens", f"{event.where}: {event.error}")
        elif isinstance(event, _TELLING):
            self._journal.write(f"event {event}")

    async def _live(self) -> None:
        lasting_s = self._chance.choice([15.0, 30.0, 60.0, 90.0])
        gap_s = lasting_s / (10 + 90 * self._chance.random() ** 1.5)
        count = self._chance.randint(*self._plan.troubles)
        await asyncio.gather(
            self._life.live(lasting_s, gap_s), self._troubles.happen(count, max(5.0, lasting_s - 2.0))
        )

    async def _recover(self) -> None:
        """Give the bots their rights back, have everybody say something, and look again and again."""
        calm_since = self._clock.now()
        await self._fleet.start()
        self._life.restore_bots()
        await asyncio.sleep(CALM_S)
        self._reckoning.free(self._unheard())
        spoke = await self._roll_call()
        await asyncio.sleep(CALM_S)
        self._reckoning.free(self._unheard())
        self._reckoning.held(spoke, self._unheard())
        await asyncio.sleep(TIDY_S)
        self._reckoning.free()
        self._reckoning.held(spoke)
        self._reckoning.hands_off()
        self._reckoning.told(calm_since + CALM_S, self._unheard())
        self._reckoning.paid(self._machine.now(), 20.0)
        await self._last_updates()

    async def _last_updates(self) -> None:
        """Blame whoever leaves an update waiting; one that came a moment ago is given its time."""
        for tenant in self._cast.tenants:
            mailbox = self._cast.world.bots[tenant.bot].mailbox
            for _ in range(LAST_WAIT_S):
                if not len(mailbox):
                    break
                await asyncio.sleep(1.0)
            else:
                self._journal.blame("no update is left", f"{len(mailbox)} updates of bot {tenant.bot} wait")

    async def _roll_call(self) -> set[tuple[int, int]]:
        """Have everybody who can say something; those who cannot, and are held, tap Verify."""
        spoke: set[tuple[int, int]] = set()
        for group in self._cast.groups:
            for person in self._cast.people:
                await asyncio.sleep(self._chance.random() * ROLL_CALL_S / len(self._cast.people))
                if self._life.speak_up(person, group):
                    spoke.add((group, person))
                elif self._reckoning.is_held(group, person):
                    self._life.attempt(partial(self._life.tap_verify, person, group))
        return spoke

    def _unheard(self) -> set[int]:
        """Return about whom an update got lost, or Telegram was wrong: only asking again can tell."""
        return self._troubles.unheard() | self._promises.unheard()


def digest(seed: int) -> str:
    """Return the digest of a seed's life."""
    return simulate(Plan(seed=seed)).digest


__all__ = ["START", "Cast", "Outcome", "Plan", "digest", "simulate"]
