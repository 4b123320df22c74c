"""The loop in which lives are lived."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from tests.simulation.loop import SimulatedLoop


def run(work: object, seed: int = 0, disorder: float = 1.0) -> object:
    """Run a coroutine to its end in a loop of its own."""
    loop = SimulatedLoop(random.Random(seed), disorder)
    try:
        return loop.run_until_complete(work)  # type: ignore[arg-type]
    finally:
        loop.close()


async def order_of(tasks: int) -> list[int]:
    """Return in which order tasks ran that were all ready."""
    ran: list[int] = []

    async def note(number: int) -> None:
        ran.append(number)

    await asyncio.gather(*(note(number) for number in range(tasks)))
    return ran


def test_an_hour_takes_no_time() -> None:
    """Who sleeps is woken at once, an hour later."""
    began = time.monotonic()

    async def sleep() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run(sleep()) == 3600
    assert time.monotonic() - began < 60


def test_chance_decides_whose_turn_it_is() -> None:
    """Callbacks that are ready together run in an order that depends on the seed, and on nothing else."""
    orders = [run(order_of(8), seed) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_without_disorder_the_oldest_goes_first() -> None:
    """Then it is as asyncio's own loops do it."""
    assert run(order_of(8), disorder=0.0) == list(range(8))


def test_waiting_for_what_never_comes_is_an_error() -> None:
    """A loop in which nothing will ever happen again does not hang."""

    async def wait() -> None:
        await asyncio.Event().wait()

    loop = SimulatedLoop(random.Random(0), 0.0)
    task = loop.create_task(wait())
    with pytest.raises(RuntimeError, match="nothing will ever happen again"):
        loop.run_until_complete(task)
    task.cancel()
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
