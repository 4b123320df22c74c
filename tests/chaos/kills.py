"""GMBot killed, or told to stop, again and again at random instants, while its town lives on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.chaos.arena import Arena
from tests.chaos.program import Program
from tests.chaos.verdict import Untrue, judged, nothing_owed, settled, spare_prompts

BUSY_S = 0.03
"""How often somebody does something, on average."""

MOST_UNREAD = 200
STARTING_S = 1.0
LIVING_S = 1.2
AFTER_CALL_S = 0.004
CALLS_AHEAD = 12
WAITED_S = 10.0
EFFECTS = frozenset(
    {"restrictChatMember", "sendMessage", "deleteMessage", "deleteMessages", "editMessageText"}
)
FAREWELL = ("draining", "intake_stopped", "drained", "stopped")
"""What a run says at its end, in this order."""


@dataclass
class Toll:
    """What a round of kills or stops came to; times in seconds."""

    times: int = 0
    worst_free_s: float = 0.0
    settled_s: float = 0.0
    spare_prompts: int = 0
    taps: int = 0
    updates: int = 0
    out_s: list[float] = field(default_factory=list)


async def kill_often(arena: Arena, times: int, seed: int) -> Toll:
    """Kill GMBot so many times; return once all is right again. Raises Untrue if it is not."""
    return await _round(arena, times, seed, _one_kill)


async def stop_often(arena: Arena, times: int, seed: int) -> Toll:
    """Ask GMBot to stop so many times; return once all is right again. Raises Untrue if it is not."""
    return await _round(arena, times, seed, _one_stop)


async def _round(
    arena: Arena, times: int, seed: int, deed: Callable[[Arena, random.Random], Awaitable[float]]
) -> Toll:
    dice, toll = random.Random(seed), Toll(times)
    async with _guarded(arena):
        for _ in range(times):
            toll.out_s.append(await deed(arena, dice))
        program = await arena.start()
        await program.ready()
        began = time.monotonic()
        arena.town.resting = True
        toll.settled_s = await settled(arena, began)
        toll.worst_free_s = arena.town.worst_s(began)
        await nothing_owed(arena)
        await _in_order(program)
    await judged(arena, every_tap=True)
    toll.spare_prompts = spare_prompts(arena)
    toll.taps, toll.updates = arena.town.taps, len(arena.town.concerning)
    return toll


@asynccontextmanager
async def _guarded(arena: Arena) -> AsyncIterator[None]:
    """Have the town guarded and busy while the block lasts."""
    program = await arena.start()
    await program.ready()
    await arena.protect()
    await _in_order(program)
    arena.town.pace_s, arena.town.most_unread = BUSY_S, MOST_UNREAD
    tasks = [asyncio.create_task(work) for work in (arena.town.live(), arena.town.watch())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one_kill(arena: Arena, dice: random.Random) -> float:
    program = await arena.start()
    if dice.random() < 0.4:
        await asyncio.sleep(dice.random() * (STARTING_S + LIVING_S))
    else:
        await _effects(arena, program, 1 + dice.randrange(CALLS_AHEAD))
        await asyncio.sleep(dice.random() * AFTER_CALL_S)
    if not program.running:
        raise Untrue(f"GMBot ended by itself: {program.last_words()}")
    program.kill()
    await program.gone()
    return 0.0


async def _effects(arena: Arena, program: Program, count: int) -> None:
    """Return when GMBot's so manieth effect has happened, before it has the answer; or after a while."""
    happened = asyncio.Event()
    left = [count]

    def hear(method: str) -> None:
        left[0] -= method in EFFECTS
        if left[0] <= 0:
            happened.set()

    forget = arena.town.simulator.calls.listen(lambda call: hear(call.method))
    waiting = [asyncio.ensure_future(one) for one in (happened.wait(), program.gone())]
    try:
        await asyncio.wait(waiting, timeout=WAITED_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        forget()
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _one_stop(arena: Arena, dice: random.Random) -> float:
    program = await arena.start()
    await program.ready()
    await asyncio.sleep(dice.random() * LIVING_S)
    return await _in_order(program)


async def _in_order(program: Program) -> float:
    """Return how long a stop took, which went as it should. Raises Untrue."""
    never_again = asyncio.create_task(_ready_no_more(program))
    code, took_s = await program.terminate()
    came_back = await never_again
    said = [line["stage"] for line in program.lines() if line.get("event") == "lifecycle"]
    if code or came_back or tuple(said[-len(FAREWELL) :]) != FAREWELL:
        raise Untrue(f"a stop ended with code {code}, ready again: {came_back}, after {said}")
    return took_s


async def _ready_no_more(program: Program) -> bool:
    """Return, once a process is gone, whether it said that it was ready after it had said that it was not."""
    unready = came_back = False
    while program.running:
        status, _ = await program.page("/ready")
        unready = unready or status == 503
        came_back = came_back or (unready and status == 200)
        await asyncio.sleep(0.002)
    return came_back


def summed(tolls: Sequence[Toll]) -> Toll:
    """Return several rounds as one; the worst of what is worst."""
    return Toll(
        times=sum(toll.times for toll in tolls),
        worst_free_s=max(toll.worst_free_s for toll in tolls),
        settled_s=max(toll.settled_s for toll in tolls),
        spare_prompts=sum(toll.spare_prompts for toll in tolls),
        taps=sum(toll.taps for toll in tolls),
        updates=sum(toll.updates for toll in tolls),
        out_s=[out_s for toll in tolls for out_s in toll.out_s],
    )
