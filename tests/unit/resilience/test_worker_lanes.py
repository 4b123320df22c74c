"""Lanes of a pool: nobody fills all places, the urgent start first, a crowd steps aside."""

import asyncio

import pytest
from tests.fixtures.telegram import until
from tests.unit.resilience.bench import Bench, turns

from gmbot.resilience.workers import TaskPool, Work


async def test_one_lane_fills_no_more_than_its_places(bench: Bench) -> None:
    """Whoever comes in another lane starts at once."""
    pool = TaskPool(3, bench.errors.append, per_lane=2)
    for name in ("a1", "a2", "a3", "b1"):
        pool.spawn(bench.work(name), lane=name[0])
    await until(lambda: sorted(bench.started) == ["a1", "a2", "b1"])
    bench.gates["a1"].set()
    await until(lambda: bench.started[-1] == "a3")
    await pool.stop(0)


async def test_a_lane_of_which_nothing_runs_may_use_the_reserve(bench: Bench) -> None:
    """So that a full pool delays only those who filled it."""
    pool = TaskPool(2, bench.errors.append, reserve=1)
    for name in ("a1", "a2", "a3", "b1", "b2"):
        pool.spawn(bench.work(name), lane=name[0])
    await turns()
    assert bench.started == ["a1", "a2", "b1"]
    await pool.stop(0)


async def test_the_urgent_start_before_the_others(bench: Bench) -> None:
    """Once there is room."""
    pool = TaskPool(1, bench.errors.append, classes=2)
    for name, priority in (("first", 1), ("late", 1), ("urgent", 0)):
        pool.spawn(bench.work(name), priority=priority)
    bench.gates["first"].set()
    await turns()
    assert bench.started == ["first", "urgent"]
    await pool.stop(0)


def test_a_lane_without_places_is_refused(bench: Bench) -> None:
    """Its works would wait for ever."""
    with pytest.raises(ValueError, match=r"^a pool runs at least one task$"):
        TaskPool(1, bench.errors.append, per_lane=0)


async def test_a_lane_may_have_one_place(bench: Bench) -> None:
    """That is enough to get on."""
    pool = TaskPool(2, bench.errors.append, per_lane=1)
    for name in ("a1", "a2"):
        pool.spawn(bench.work(name), lane="a")
    await turns()
    assert bench.started == ["a1"]
    await pool.stop(0)


async def test_without_a_reserve_nobody_exceeds_the_limit(bench: Bench) -> None:
    """Whatever lane they come in."""
    pool = TaskPool(2, bench.errors.append)
    for name in ("a1", "b1", "c1"):
        pool.spawn(bench.work(name), lane=name[0])
    await turns()
    assert bench.started == ["a1", "b1"]
    await pool.stop(0)


async def test_the_reserve_is_no_place_for_a_lane_that_runs(bench: Bench) -> None:
    """Even when another lane came before it."""
    pool = TaskPool(2, bench.errors.append, reserve=2)
    for name in ("a1", "b1", "a2", "b2", "c1", "d1", "e1"):
        pool.spawn(bench.work(name), lane=name[0])
    await turns()
    assert bench.started == ["a1", "b1", "c1", "d1"]
    await pool.stop(0)


async def test_a_crowd_steps_aside_for_whoever_else_comes() -> None:
    """Of a lane whose places are half taken, nothing goes on while another lane's work is under way."""
    pool = TaskPool(8, raising, per_lane=4, reserve=8)
    told: list[str] = []
    gate, calm = asyncio.Event(), asyncio.Event()

    def crowd(name: str) -> Work:
        async def run() -> None:
            await gate.wait()
            told.append(name)

        return run

    async def newcomer() -> None:
        await calm.wait()
        told.append("newcomer")

    for name in "abcd":
        pool.spawn(crowd(name), "crowded")
    await turns()
    pool.spawn(newcomer, "calm")
    await turns()
    gate.set()
    await turns()
    assert told == ["a", "b"]
    calm.set()
    await pool.idle()
    assert told == ["a", "b", "newcomer", "c", "d"]


def raising(error: BaseException) -> None:
    """Let a work's error out."""
    raise error


async def test_a_lane_is_free_until_half_of_its_places_are_taken(bench: Bench) -> None:
    """Whoever comes then steps aside for others; and no lane is, once the pool is full."""
    pool = TaskPool(4, bench.errors.append, per_lane=2)
    assert pool.at_once("a")
    pool.spawn(bench.work("1"), "a")
    assert not pool.at_once("a")
    for lane in "bcd":
        assert pool.at_once(lane)
        pool.spawn(bench.work(lane), lane)
    assert not pool.at_once("e")
    await pool.stop(0)
