"""One process of GMBot: started, stopped, killed, and started again by whoever looks after it."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from tests.simulation.clocks import MachineClock
from tests.simulation.journal import Journal
from tests.simulation.loop import OWNER, Crowd
from tests.simulation.mortal import Mortal, MortalClock, bury
from tests.simulation.network import Line, Network
from tests.simulation.storage import DatabaseServer, SimulatedStore
from tests.simulation.tier import Tier, TierMemory

from gmbot.adapters.telegram.transport import Transport
from gmbot.adapters.telegram.webhook import WebhookApp, WebhookBot, register
from gmbot.bootstrap import BotAtWork, Parts, assemble, start_polling
from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.ids import BotId
from gmbot.gate.events import Event
from gmbot.gate.pause_group import recheck_groups
from gmbot.gate.ports import Store
from gmbot.gate.sweeps import Ages, SweepPlan
from gmbot.gate.watch_channels import recheck_channels

SECRET = "s3cret"
GRACE_S = 10.0
RECHECK_EVERY_S = 60.0
"""The product's is ten minutes; here ten minutes are long."""

SWEEPS = SweepPlan(rate_per_s=20.0, every_s=90.0, ages=Ages(round_s=45.0, demand_s=30.0))


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What all processes share. `spoil` puts broken parts in the place of good ones."""

    network: Network
    database: DatabaseServer
    tier: Tier | None
    machine: MachineClock
    journal: Journal
    tokens: tuple[str, ...]
    webhook: bool
    world_now: Callable[[], float]
    spoil_line: Callable[[Transport], Transport]
    spoil_store: Callable[[Store], Store]
    on_event: Callable[[Event], None]


class Process:
    """A process that serves every bot of the deployment."""

    def __init__(self, name: str, outside: Outside, chance: random.Random) -> None:
        self.name = name
        self.bots: list[BotAtWork] = []
        self.app: WebhookApp | None = None
        self.crowd = Crowd()
        self._outside = outside
        self._chance = chance
        self._mortal = Mortal()
        self._context = contextvars.Context()
        self._context.run(OWNER.set, self.crowd)

    @property
    def ready(self) -> bool:
        """Whether it takes updates."""
        return self.app is not None and not self._mortal.dead

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Have the process do something."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    async def start(self) -> bool:
        """Start it; False if it fails, which is its end, or is killed meanwhile."""
        starting = self.spawn(self._start())
        await asyncio.wait({starting})
        if starting.cancelled():
            return False
        error = starting.exception()
        if error is None:
            return True
        if not isinstance(error, TransientError | RefusedError):
            raise error
        self._outside.journal.write(f"process {self.name} fails to start: {type(error).__name__}")
        await self.kill()
        return False

    async def stop(self) -> list[str]:
        """Stop it in order, or at once if it has not started yet; return the tasks that are left."""
        if not self.ready:
            await self.kill()
            return []
        self.app = None
        stopping = self.spawn(self._stop())
        await asyncio.wait({stopping})
        if not stopping.cancelled():
            stopping.result()
        await asyncio.sleep(1e-6)
        left = [] if self._mortal.dead else [_name(task) for task in self.crowd.living()]
        self._mortal.dead = True
        await bury(self.crowd)
        return left

    async def kill(self) -> None:
        """End it at once: whatever it was doing, it does no more of it."""
        self._mortal.dead = True
        self.app = None
        stubborn = await bury(self.crowd)
        if stubborn:
            self._outside.journal.blame("cancellation ends every task", ", ".join(map(_name, stubborn)))

    async def _start(self) -> None:
        parts = self._parts()
        for token in self._outside.tokens:
            self.bots.append(await assemble(token, parts))
        for work in self.bots:
            if not self._outside.webhook:
                start_polling(work, parts)
        if self._outside.webhook:
            for work in self.bots:
                await register(work.client, f"https://bot.test/webhook/{work.bot.me.bot_id}", SECRET)
        ways_in = {int(work.bot.me.bot_id): WebhookBot(SECRET, work.dispatcher.handle) for work in self.bots}
        self.app = WebhookApp(ways_in)
        self._housekeeping = self.spawn(self._keep_house())

    async def _stop(self) -> None:
        self._housekeeping.cancel()
        for work in reversed(self.bots):
            await work.stop(GRACE_S)

    async def _keep_house(self) -> None:
        """Look whether what was lost has come back, as the product's own housekeeping does."""
        while True:
            for work in self.bots:
                with suppress(TransientError):
                    await recheck_channels(work.bot)
                    await recheck_groups(work.bot)
            await asyncio.sleep(RECHECK_EVERY_S)

    def _parts(self) -> Parts:
        outside = self._outside
        tier = outside.tier
        return Parts(
            clock=MortalClock(outside.machine, self._mortal),
            random=self._chance.random,
            transport=lambda token: outside.spoil_line(
                Line(outside.network, token, self._mortal, outside.world_now)
            ),
            open_store=lambda bot_id, emit: outside.spoil_store(self._store(bot_id)),
            emit=self._emit,
            open_shared=None if tier is None else lambda bot_id: TierMemory(bot_id, tier, self._mortal),
            sweeps=SWEEPS,
        )

    def _store(self, bot_id: BotId) -> Store:
        store: Any = SimulatedStore(bot_id, self._outside.database, self._mortal)
        found: Store = store
        return found

    def _emit(self, event: Event) -> None:
        if not self._mortal.dead:
            self._outside.on_event(event)


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "?")


class Fleet:
    """The processes that run now. Updates that Telegram brings go to any of them."""

    def __init__(self, outside: Outside, chance: random.Random, size: int) -> None:
        self.processes: list[Process] = []
        self._outside = outside
        self._chance = chance
        self._size = size
        self._born = 0

    async def start(self) -> None:
        """Bring the fleet to its size, as often as it takes."""
        await self._grow_beside([])

    async def _grow_beside(self, leaving: Sequence[Process]) -> None:
        """Start as many processes as the fleet has, not counting those that are to go."""
        while sum(process not in leaving for process in self.processes) < self._size:
            self._born += 1
            process = Process(f"p{self._born}", self._outside, random.Random(self._chance.random()))
            self.processes.append(process)
            self._outside.journal.write(f"process {process.name} starts")
            if await process.start():
                self._outside.journal.write(f"process {process.name} is ready")
                continue
            if process in self.processes:
                self.processes.remove(process)
            await asyncio.sleep(1.0 + self._chance.random())

    async def kill(self) -> None:
        """Kill one of them."""
        if self.processes:
            process = self.processes.pop(int(self._chance.random() * len(self.processes)))
            self._outside.journal.write(f"process {process.name} is killed")
            await process.kill()

    async def roll(self) -> None:
        """Replace them all by new ones: the old ones work until the new ones do."""
        leaving = list(self.processes)
        await self._grow_beside(leaving)
        await self._stop([process for process in self.processes if process in leaving])

    async def stop(self) -> Sequence[str]:
        """Stop them all in order; return the tasks that were left."""
        return await self._stop(self.processes)

    async def _stop(self, leaving: Sequence[Process]) -> Sequence[str]:
        left: list[str] = []
        self.processes = [process for process in self.processes if process not in leaving]
        for process in leaving:
            left += await process.stop()
            self._outside.journal.write(f"process {process.name} has stopped")
        return left

    def any_ready(self) -> Process | None:
        """Return a process that takes updates, if there is one."""
        ready = [process for process in self.processes if process.ready]
        return ready[int(self._chance.random() * len(ready))] if ready else None
