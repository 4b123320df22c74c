"""The virtual clock."""

from __future__ import annotations

import asyncio
import time

import pytest

from gmbot.simulator import VirtualClock, WallClock


async def test_sleepers_wake_in_order_of_their_time_at_their_own_moment() -> None:
    """Advancing past several sleepers wakes each at its time, the earliest first."""
    clock = VirtualClock(100.0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))

    tasks = [asyncio.create_task(sleeper("late", 5)), asyncio.create_task(sleeper("early", 2))]
    await clock.advance(10)
    await asyncio.gather(*tasks)
    assert woken == [("early", 102.0), ("late", 105.0)]
    assert clock.now() == 110.0


async def test_a_sleeper_that_sleeps_again_wakes_again_within_one_advance() -> None:
    """A periodic task runs once per period of advanced time."""
    clock = VirtualClock()
    ticks: list[float] = []

    async def ticking() -> None:
        while True:
            await clock.sleep(1)
            ticks.append(clock.now())

    task = asyncio.create_task(ticking())
    await clock.advance(5)
    task.cancel()
    assert len(ticks) == 5


async def test_a_cancelled_sleeper_is_passed_over() -> None:
    """Cancelling a sleep leaves nothing to wake."""
    clock = VirtualClock()
    task = asyncio.create_task(clock.sleep(3))
    await clock.settle()
    before = clock.next_wake
    task.cancel()
    await clock.settle()
    assert (before, clock.next_wake) == (clock.now() + 3, None)
    await clock.advance(5)


async def test_setting_the_time_wakes_whoever_is_due() -> None:
    """A jump is an advance without the moments in between."""
    clock = VirtualClock(0.0)
    task = asyncio.create_task(clock.sleep(3))
    await clock.settle()
    clock.set(50.0)
    await task
    assert clock.now() == 50.0


async def test_sleeping_for_nothing_yields_once() -> None:
    """A sleep of zero seconds does not wait for an advance."""
    await asyncio.wait_for(VirtualClock().sleep(0), 1)


async def test_time_does_not_run_backwards() -> None:
    """Advancing by less than nothing is a mistake in the test."""
    with pytest.raises(ValueError, match="backwards"):
        await VirtualClock().advance(-1)


async def test_the_wall_clock_is_the_real_time() -> None:
    """It tells the system's time and sleeps by the event loop."""
    clock = WallClock()
    before = time.time()
    await clock.sleep(0)
    assert before <= clock.now() <= time.time()
