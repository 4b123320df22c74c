"""Clock: Unix seconds, and waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from gmbot.gate.ports import Clock
from gmbot.resilience.clock import SystemClock
from gmbot.simulator import VirtualClock


async def _pass(clock: Clock, seconds: float, waiting: Awaitable[None]) -> None:
    task = asyncio.ensure_future(waiting)
    if isinstance(clock, VirtualClock):
        await clock.advance(seconds)
    await task


@pytest.fixture(params=[VirtualClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    """Each kind of clock."""
    made: Clock = request.param()
    return made


def test_now_is_unix_seconds_of_this_age(clock: Clock) -> None:
    """Both count from 1970, in seconds."""
    assert 1_700_000_000 < clock.now() < 4_000_000_000


async def test_sleeping_takes_as_long_as_it_says(clock: Clock) -> None:
    """Afterwards at least that much time has passed."""
    before = clock.now()
    await _pass(clock, 0.01, clock.sleep(0.01))
    assert clock.now() >= before + 0.009


@pytest.mark.parametrize("delay_s", [0, -1])
async def test_no_time_is_no_wait(clock: Clock, delay_s: float) -> None:
    """Zero or less only gives way to others."""
    async with asyncio.timeout(5):
        await clock.sleep(delay_s)


async def test_a_sleeper_may_be_cancelled(clock: Clock) -> None:
    """Nobody has to sleep to the end."""
    task = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_virtual_sleepers_wake_in_order_of_time() -> None:
    """However they went to sleep, each wakes at its own moment."""
    clock, woken = VirtualClock(0), list[tuple[str, float]]()

    async def sleeper(name: str, delay_s: float) -> None:
        await clock.sleep(delay_s)
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as group:
        for name, delay_s in (("late", 3), ("early", 1), ("same", 1)):
            group.create_task(sleeper(name, delay_s))
        await clock.advance(10)
    assert woken == [("early", 1), ("same", 1), ("late", 3)]
    assert clock.now() == 10


async def test_who_sleeps_again_wakes_within_the_same_advance() -> None:
    """An hour in one step is every tick of that hour."""
    clock, ticks = VirtualClock(0), list[float]()

    async def tick() -> None:
        while True:
            await clock.sleep(10)
            ticks.append(clock.now())

    task = asyncio.ensure_future(tick())
    await clock.advance(35)
    task.cancel()
    assert ticks == [10, 20, 30]


async def test_virtual_time_stands_still_unless_moved() -> None:
    """Nothing passes by itself, nor backwards."""
    clock = VirtualClock(5)
    await asyncio.sleep(0.001)
    assert clock.now() == 5
    with pytest.raises(ValueError, match="backwards"):
        await clock.advance(-1)


async def test_the_next_to_wake_is_known() -> None:
    """A test can ask whom it would wake; who was cancelled does not count."""
    clock = VirtualClock(0)
    first, second = (asyncio.ensure_future(clock.sleep(delay_s)) for delay_s in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    assert clock.next_wake == 2
    clock.set(9)
    await second
    assert clock.now() == 9
