"""What goes wrong: 3 to 30 things, at random moments, each for a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec
from tests.simulation.cast import Cast
from tests.simulation.clocks import MachineClock
from tests.simulation.journal import Journal
from tests.simulation.life import Life
from tests.simulation.network import Network
from tests.simulation.process import Fleet
from tests.simulation.storage import DatabaseServer
from tests.simulation.tier import Tier

from gmbot.simulator import Fault, FaultKind, Simulator
from gmbot.simulator.members import Wire

METHODS = (None, None, "getChatMember", "getChatMember", "restrictChatMember", "sendMessage", "deleteMessage")
UPDATES = (None, "chat_member", "message", "my_chat_member", "callback_query")
JUMPS_S = (-10.0, -2.0, 2.0, 10.0, 90.0, 3_600.0, 20_000.0)
"""All clocks of a process jump here; one that is put back by an hour is for the outbox's tests and chaos."""

MOST_BACK_S = 10.0
ROLLING_S = 2.0


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can go wrong."""

    cast: Cast
    life: Life
    simulator: Simulator
    network: Network
    database: DatabaseServer
    tier: Tier | None
    fleet: Fleet
    machine: MachineClock
    journal: Journal


Mishap = Callable[[float], Awaitable[None]]
"""Goes wrong for so many seconds, and is over when it returns."""


class Troubles:
    """Random mishaps on a stage. `lose_updates`: whether updates may get lost for good in this life."""

    def __init__(self, stage: Stage, chance: random.Random, *, lose_updates: bool) -> None:
        self._stage = stage
        self._chance = chance
        self._loss = 0.0
        self._lossy: str | None = None
        self._mishaps: list[tuple[int, Mishap]] = [
            (4, self._too_many_requests),
            (4, self._server_errors),
            (3, self._resets),
            (3, self._lost_answers),
            (2, self._hangs),
            (2, self._slowness),
            (2, self._invisible),
            (2, self._stale),
            (2, self._duplicates),
            (2, self._reordering),
            (3, self._database_down),
            (3, self._database_forgetful),
            (4, self._kill),
            (2, self._restart),
            (2, self._clock_jump),
            (3, self._burst),
        ]
        if lose_updates:
            self._mishaps.append((4, self._drops))
        if stage.tier is not None:
            self._mishaps += [(2, self._tier_wiped), (3, self._tier_down)]
        stage.cast.world.loses = self._loses
        self._unheard: set[int] = set()
        self._reorderings = 0
        self._changed_at: dict[tuple[object, ...], object] = {}

    async def happen(self, count: int, until: float) -> None:
        """Let so many things go wrong before a moment of the loop's; return when all are over."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                at = until * self._chance.random()
                lasting = min(
                    until - at, self._chance.choice([0.5, 2.0, 5.0, 15.0, 40.0]) * self._chance.random()
                )
                group.create_task(self._happen(at, lasting))

    async def _happen(self, at: float, lasting_s: float) -> None:
        await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
        mishap = self._chance.choices(self._mishaps, [weight for weight, _ in self._mishaps])[0][1]
        await mishap(lasting_s)

    def _note(self, text: str) -> None:
        self._stage.journal.write(f"fault {text}")

    async def _rule(self, fault: Fault, lasting_s: float) -> None:
        faults = self._stage.simulator.faults
        where = " ".join(str(one) for one in (fault.method, fault.update, fault.chat) if one is not None)
        self._note(f"{fault.kind} {where} p={fault.probability:.2f} for {lasting_s:.1f} s")
        number = faults.add(fault)
        await asyncio.sleep(lasting_s)
        faults.remove(number)
        self._note(f"{fault.kind} {where} is over")

    def _call_fault(self, kind: FaultKind, methods: tuple[str | None, ...] = METHODS) -> Fault:
        chats = [*self._stage.cast.groups, *(c for t in self._stage.cast.tenants for c in t.channels)]
        return Fault(
            kind=kind,
            method=self._chance.choice(methods),
            chat=self._chance.choice(chats) if chats and self._chance.random() < 0.2 else None,
            probability=self._chance.choice([1.0, 0.6, 0.2]),
            retry_after_s=self._chance.choice([1, 3, 8, 20]),
            code=self._chance.choice([500, 502, 504]),
            html=self._chance.random() < 0.3,
            delay_s=self._chance.choice([0.5, 3.0, 12.0]),
        )

    async def _too_many_requests(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.TOO_MANY_REQUESTS), lasting_s)

    async def _server_errors(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.SERVER_ERROR), lasting_s)

    async def _resets(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.RESET), lasting_s)

    async def _lost_answers(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.TIMEOUT_AFTER_EFFECT), lasting_s)

    async def _hangs(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.HANG), lasting_s)

    async def _slowness(self, lasting_s: float) -> None:
        if self._chance.random() < 0.5:
            await self._rule(self._call_fault(FaultKind.SLOW), lasting_s)
            return
        self._note(f"the network is slow for {lasting_s:.1f} s")
        self._stage.network.spike_s += 2.0
        await asyncio.sleep(lasting_s)
        self._stage.network.spike_s -= 2.0

    async def _invisible(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.PARTICIPANT_ID_INVALID, ("getChatMember",)), lasting_s)

    async def _stale(self, lasting_s: float) -> None:
        await self._rule(self._call_fault(FaultKind.STALE_MEMBER, ("getChatMember",)), lasting_s)

    async def _duplicates(self, lasting_s: float) -> None:
        kind = self._chance.choice(UPDATES)
        await self._rule(Fault(kind=FaultKind.DUPLICATE_UPDATE, update=kind, probability=0.5), lasting_s)

    async def _reordering(self, lasting_s: float) -> None:
        kind = self._chance.choice(UPDATES)
        self._reorderings += 1
        await self._rule(Fault(kind=FaultKind.REORDER_UPDATE, update=kind, probability=0.5), lasting_s)
        self._reorderings -= 1

    async def _drops(self, lasting_s: float) -> None:
        self._lossy = self._chance.choice(UPDATES)
        self._note(f"{self._lossy or 'any'} updates get lost for {lasting_s:.1f} s")
        self._loss += 0.3
        await asyncio.sleep(lasting_s)
        self._loss -= 0.3

    def _loses(self, bot: int, kind: str, payload: Wire) -> bool:
        if self._reorderings and kind == "chat_member":
            self._doubt_order(bot, payload)
        if self._loss < 0.1 or self._lossy not in (None, kind) or self._chance.random() >= self._loss:
            return False
        self._unheard |= set(_people(payload)) or set(self._stage.cast.people)
        self._note(f"a {kind} for bot {bot} is lost: {_whom(payload)}")
        return True

    async def _database_down(self, lasting_s: float) -> None:
        self._note(f"the database is down for {lasting_s:.1f} s")
        self._stage.database.down = True
        await asyncio.sleep(lasting_s)
        self._stage.database.down = False

    async def _database_forgetful(self, lasting_s: float) -> None:
        self._note(f"answers of the database get lost for {lasting_s:.1f} s")
        self._stage.database.forgetful = self._chance.choice([0.1, 0.5])
        await asyncio.sleep(lasting_s)
        self._stage.database.forgetful = 0.0

    async def _kill(self, lasting_s: float) -> None:
        await self._stage.fleet.kill()
        await asyncio.sleep(min(lasting_s, 10.0))
        await self._stage.fleet.start()

    async def _restart(self, lasting_s: float) -> None:
        """One that takes its time has old and new processes at work together, with a Redis or without."""
        if lasting_s > ROLLING_S:
            await self._stage.fleet.roll()
            return
        await self._stage.fleet.stop()
        await self._stage.fleet.start()

    async def _clock_jump(self, lasting_s: float) -> None:
        jump_s = self._chance.choice(JUMPS_S)
        self._note(f"the machine's clock jumps by {jump_s:.0f} s")
        self._stage.machine.ahead_s += jump_s
        if jump_s <= MOST_BACK_S and self._chance.random() < 0.5:
            await asyncio.sleep(lasting_s)
            self._stage.machine.ahead_s -= jump_s
            self._note("the machine's clock jumps back")

    async def _burst(self, lasting_s: float) -> None:
        kind = self._chance.choice(["raid", "chatter", "exodus"])
        self._note(f"a storm: {kind}")
        await self._stage.life.storm(kind)

    async def _tier_wiped(self, lasting_s: float) -> None:
        self._note("the shared memory is wiped")
        if self._stage.tier is not None:
            self._stage.tier.wipe()

    async def _tier_down(self, lasting_s: float) -> None:
        self._note(f"the shared memory is down for {lasting_s:.1f} s")
        if self._stage.tier is not None:
            self._stage.tier.stop()
            await asyncio.sleep(lasting_s)
            self._stage.tier.start()

    def _doubt_order(self, bot: int, payload: Wire) -> None:
        """Of two updates of one second none can tell which came first, once their numbers are mixed up."""
        place, date = (bot, _whom(payload)), payload.get("date")
        if self._changed_at.get(place) == date:
            self._unheard |= set(_people(payload))
        self._changed_at[place] = date

    def unheard(self) -> set[int]:
        """Return about whom an update got lost for good, or its place among others."""
        return self._unheard

    def end(self) -> None:
        """End whatever is still going wrong."""
        self._stage.simulator.faults.clear()
        self._stage.database.down = False
        self._stage.database.forgetful = 0.0
        self._stage.network.spike_s = 0.0
        self._loss = 0.0
        if self._stage.tier is not None:
            self._stage.tier.start()
        self._note("nothing goes wrong any more")


def _people(payload: Wire) -> list[int]:
    """Return whom an update is about."""
    member = payload.get("new_chat_member")
    users = [payload.get("from"), member.get("user") if isinstance(member, dict) else None]
    return [user["id"] for user in users if isinstance(user, dict)]


def _whom(payload: Wire) -> str:
    member = payload.get("new_chat_member")
    user = member.get("user") if isinstance(member, dict) else payload.get("from")
    chat = payload.get("chat")
    return " in ".join(str(one["id"]) for one in (user, chat) if isinstance(one, dict))
