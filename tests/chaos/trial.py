"""A town that lives through something, and what is seen of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from tests.chaos.arena import Arena
from tests.chaos.cells import life
from tests.chaos.program import RUN, Look
from tests.chaos.verdict import Untrue, judged, nothing_owed, settled

AFTERLIFE_S = 1.0
LOOK_EVERY_S = 0.1

Trouble = Callable[[], AbstractAsyncContextManager[None]]


@dataclass
class Trial:
    """What was seen: times in seconds, counted from the trouble's end, and pages while it lasted."""

    worst_free_s: float = 0.0
    settled_s: float = 0.0
    most_unread: int = 0
    looks: list[Look] = field(default_factory=list)

    def said(self, status: str) -> bool:
        """Whether `/health` said this at any time."""
        return any(look.report.get("status") == status for look in self.looks)

    def called_ill(self, check: str) -> bool:
        """Whether `/health` said at any time that a dependency was ill."""
        return any(not look.healthy(check) for look in self.looks if look.status)


async def endure(arena: Arena, trouble: Trouble, *, lasting_s: float, command: Sequence[str] = RUN) -> Trial:
    """Return what was seen while a town lived through trouble. Raises Untrue if a promise was not kept."""
    trial, town = Trial(), arena.town
    async with life(arena):
        program = await arena.start(command)
        await program.ready()
        await arena.protect()
        await asyncio.sleep(0.5)
        async with trouble(), _counted(arena, trial):
            began = time.monotonic()
            await asyncio.sleep(lasting_s)
        healed = time.monotonic()
        await asyncio.sleep(AFTERLIFE_S)
        town.resting = True
        trial.settled_s = await settled(arena, healed)
        trial.worst_free_s = town.worst_s(healed)
        await nothing_owed(arena)
        trial.looks = [look for look in program.looks if began <= look.at <= healed]
        await _stopped(arena)
    await judged(arena, every_tap=False)
    return trial


async def _stopped(arena: Arena) -> None:
    program = arena.program
    code, _ = await program.terminate()
    if code or len(arena.runs) > 1:
        raise Untrue(f"the process ended with code {code}: {program.last_words()}")
    if program.dead_looks:
        raise Untrue(f"/live failed {program.dead_looks} times")


@asynccontextmanager
async def _counted(arena: Arena, trial: Trial) -> AsyncIterator[None]:
    async def count() -> None:
        while True:
            trial.most_unread = max(trial.most_unread, arena.town.unread())
            await asyncio.sleep(LOOK_EVERY_S)

    counting = asyncio.create_task(count())
    try:
        yield
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)
