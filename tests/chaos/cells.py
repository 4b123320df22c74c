"""One cell of the matrix: a dependency, what its network does wrong, and when."""

from __future__ import annotations

import asyncio
import enum
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.arena import POSTGRES, REDIS, TELEGRAM, Arena, Servers, arena_on_postgres
from tests.chaos.program import Look, Program
from tests.chaos.verdict import Untrue, judged, nothing_owed, settled, spare_prompts
from tests.fixtures.proxy import Trouble

DEPENDENCIES = (POSTGRES, REDIS, TELEGRAM)
CHECKS = {POSTGRES: "database", REDIS: "redis", TELEGRAM: "telegram"}
AFTERLIFE_S = 2.0
HEALTHY_WITHIN_S = 15.0
TOLD_WITHIN_S, TELEGRAM_TOLD_WITHIN_S, HANGING_TOLD_WITHIN_S = 5.0, 7.5, 14.5
GLITCH_S = 5.0
"""How long a busy machine may make a good dependency look bad."""

STALLED_S = 0.2
"""Redis is given up after a third of a second: how long the networks before it may stall."""

HARD = frozenset({Trouble.DOWN, Trouble.RESET, Trouble.HANG})
"""What nobody can mistake for a slow day."""

MIDDLE: Mapping[str, bytes] = {POSTGRES: b"COMMIT", REDIS: b"EVALSHA", TELEGRAM: b"/restrictChatMember"}
"""What a client sends in the middle of something: it arrives, and then it happens."""


class Phase(enum.StrEnum):
    """When it happens."""

    START = "at start"
    STEADY = "steady"
    MIDDLE = "mid-transaction"
    SHUTDOWN = "at shutdown"


@dataclass(frozen=True)
class Cell:
    """What fails, how, and when."""

    dependency: str
    trouble: Trouble
    phase: Phase

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.dependency}, {self.trouble}, {self.phase}"


@dataclass
class Seen:
    """What was seen in one cell; times in seconds."""

    cell: Cell
    worst_free_s: float = 0.0
    settled_s: float = 0.0
    healthy_s: float = 0.0
    told_s: float | None = None
    retries: float = 0.0
    calls: float = 0.0
    stopped_s: float = 0.0
    spare_prompts: int = 0
    health: set[str] = field(default_factory=set)
    story: str = ""

    @property
    def ratio(self) -> float:
        """Calls made for each that was wanted."""
        wanted = self.calls - self.retries
        return self.calls / wanted if wanted > 0 else 1.0


def all_cells() -> list[Cell]:
    """Return all 96."""
    return [Cell(*which) for which in itertools.product(DEPENDENCIES, Trouble, Phase)]


async def play(cell: Cell, servers: Servers, folder: Path, *, seed: int, lasting_s: float) -> Seen:
    """Return what was seen while a town lived through the trouble. Raises Untrue if a promise broke."""
    seen = Seen(cell)
    async with arena_on_postgres(servers, folder, seed) as arena, life(arena):
        program = await arena.start()
        await program.ready()
        await arena.protect()
        await asyncio.sleep(0.5)
        began = await _begin(arena, cell)
        await asyncio.sleep(lasting_s)
        if cell.phase is Phase.SHUTDOWN:
            seen.stopped_s = await _out(arena.program)
        else:
            _still_there(arena.program)
        await arena.proxies[cell.dependency].heal()
        healed = time.monotonic()
        if cell.phase is Phase.SHUTDOWN:
            await arena.start()
        await asyncio.sleep(AFTERLIFE_S)
        await _end(arena, seen, began, healed)
    return seen


async def _begin(arena: Arena, cell: Cell) -> float:
    """Return when the trouble began; for a start, GMBot is started into it."""
    proxy = arena.proxies[cell.dependency]
    match cell.phase:
        case Phase.START:
            await _out(arena.program)
            await proxy.suffer(cell.trouble)
            await arena.start()
        case Phase.STEADY:
            await proxy.suffer(cell.trouble)
        case Phase.MIDDLE:
            begun = proxy.await_bytes(MIDDLE[cell.dependency], cell.trouble)
            async with asyncio.timeout(20):
                await begun.wait()
        case Phase.SHUTDOWN:
            await proxy.suffer(cell.trouble)
    return time.monotonic()


async def _out(program: Program) -> float:
    code, took_s = await program.terminate()
    if code:
        raise Untrue(f"a stop ended with code {code}: {program.last_words()}")
    return took_s


def _still_there(program: Program) -> None:
    if not program.running:
        raise Untrue(f"the process ended with code {program.process.returncode}: {program.last_words()}")


@asynccontextmanager
async def life(arena: Arena) -> AsyncIterator[None]:
    """Have the town live, once its group is guarded, and be watched, while the block lasts."""
    tasks = [asyncio.create_task(arena.town.watch())]
    living = asyncio.create_task(_live_once_protected(arena))
    try:
        yield
    finally:
        for task in (living, *tasks):
            task.cancel()
        await asyncio.gather(living, *tasks, return_exceptions=True)


async def _live_once_protected(arena: Arena) -> None:
    while arena.town.menu() is None:  # noqa: ASYNC110 - the world has no such event
        await asyncio.sleep(0.02)
    await arena.town.live()


async def _end(arena: Arena, seen: Seen, began: float, healed: float) -> None:
    program, town = arena.program, arena.town
    town.resting = True
    seen.settled_s = await settled(arena, healed)
    seen.worst_free_s = town.worst_s(healed)
    await nothing_owed(arena)
    _still_there(program)
    seen.healthy_s = await _healthy(program, healed)
    metrics = await program.metrics()
    seen.retries = metrics.get("bot_retries_total", 0.0)
    seen.calls = metrics.get("bot_api_calls_total", 0.0)
    took_s = await _out(program)
    seen.stopped_s = max(seen.stopped_s, took_s)
    await judged(arena, every_tap=False)
    seen.spare_prompts = await asyncio.to_thread(spare_prompts, arena)
    _judge_pages(arena, seen, began, healed)


async def _healthy(program: Program, healed: float) -> float:
    """Return how long after healing `/health` said so. Raises Untrue if that takes too long."""
    while True:
        late = [look for look in program.looks if look.at > healed]
        well = next((look for look in late if look.report.get("status") == "healthy"), None)
        if well is not None:
            return well.at - healed
        if time.monotonic() - healed > HEALTHY_WITHIN_S:
            raise Untrue(f"not healthy after {HEALTHY_WITHIN_S} s: {late[-1] if late else 'no answer'}")
        await asyncio.sleep(0.05)


def _judge_pages(arena: Arena, seen: Seen, began: float, healed: float) -> None:
    """`/live` is always 200, and `/health` says what is so, of each dependency."""
    cell = seen.cell
    if dead := sum(program.dead_looks for program in arena.runs):
        raise Untrue(f"/live failed {dead} times")
    if cell.phase is Phase.SHUTDOWN:
        return
    looks = [look for look in arena.program.looks if began <= look.at <= healed and look.status]
    seen.health = {f"{look.status} {look.report.get('status')}" for look in looks}
    check = CHECKS[cell.dependency]
    ill = [look.at - began for look in looks if not look.healthy(check)]
    seen.told_s = min(ill, default=None)
    others = set(CHECKS.values()) - {check}
    if arena.program.lag_s > STALLED_S:
        # A network that stalls for so long is a Redis that hangs, as far as anybody can tell.
        others.discard("redis")
    for other in others:
        if (longest := _longest_ill(looks, other)) > GLITCH_S:
            raise Untrue(f"/health called {other} ill for {longest:.1f} s, and {cell.dependency} was")
    lasted = healed - looks[0].at if looks else 0.0
    if cell.trouble in HARD and lasted > _told_within_s(cell) and seen.told_s is None:
        raise Untrue(f"/health never told of it within {lasted:.1f} s")


def _told_within_s(cell: Cell) -> float:
    """Telegram is ill after a few seconds without an answer; if it hangs, ten seconds pass before those."""
    if cell.dependency != TELEGRAM:
        return TOLD_WITHIN_S
    return HANGING_TOLD_WITHIN_S if cell.trouble is Trouble.HANG else TELEGRAM_TOLD_WITHIN_S


def _longest_ill(looks: list[Look], check: str) -> float:
    longest, since = 0.0, None
    for look in looks:
        if look.healthy(check):
            since = None
        else:
            since = look.at if since is None else since
            longest = max(longest, look.at - since)
    return longest
