"""Calls that take too long, and those that hang, open a circuit like failures; polls may wait."""

from __future__ import annotations

import math

import pytest
from tests.unit.resilience.breaking import SLOW, Bench

from gmbot.domain.errors import CircuitOpen
from gmbot.resilience.circuit import CircuitLimits, Move, Outcome, State


async def test_four_in_five_slow_calls_open_it() -> None:
    """Though all of them succeed."""
    bench = Bench(SLOW)
    await bench.succeeds(2)
    await bench.takes(2.0, 7)
    assert bench.state() is State.CLOSED
    await bench.takes(2.0, 1)
    assert bench.state() is State.OPEN


async def test_calls_in_time_are_not_slow() -> None:
    """Just."""
    bench = Bench(SLOW)
    await bench.takes(1.99, 12)
    assert bench.state() is State.CLOSED


async def test_a_patient_call_is_never_slow() -> None:
    """A long poll waits by design."""
    bench = Bench(SLOW)
    permits = [bench.circuit.admit(patient=True) for _ in range(20)]
    bench.time += 20.0
    bench.circuit.look()
    for permit in permits:
        bench.circuit.settle(permit, Outcome.ANSWERED)
    assert bench.state() is State.CLOSED


async def test_a_call_may_be_patient() -> None:
    """Refused while open; as slow as it likes while closed."""
    bench = Bench(SLOW)

    async def poll() -> str:
        bench.time += 50.0
        return "news"

    for _ in range(20):
        assert await bench.circuit.call(poll, patient=True) == "news"
    bench.time += 60.0
    await bench.opened()
    bench.time += 5.0
    with pytest.raises(CircuitOpen):
        await bench.circuit.call(poll, patient=True)


async def test_a_patient_call_may_fail() -> None:
    """Like any other."""
    bench = Bench(SLOW)
    for _ in range(10):
        bench.circuit.settle(bench.circuit.admit(patient=True), Outcome.FAILED)
    assert bench.state() is State.OPEN


async def test_calls_that_hang_open_it_before_they_end() -> None:
    """Whoever looks, or calls, notices."""
    bench = Bench(SLOW)
    for _ in range(10):
        bench.circuit.admit()
        bench.time += 0.1
    bench.time += 1.05
    bench.circuit.look()
    assert bench.state() is State.CLOSED
    bench.time += 0.9
    with pytest.raises(CircuitOpen):
        bench.circuit.admit()
    assert bench.state() is State.OPEN


async def test_many_that_hang_open_it_once() -> None:
    """However many more than needed are noticed together."""
    bench = Bench(SLOW)
    for _ in range(30):
        bench.circuit.admit()
    bench.time += 2.0
    bench.circuit.look()
    assert bench.moves == [Move(State.CLOSED, State.OPEN, 5.0)]


async def test_a_call_is_counted_as_late_once() -> None:
    """Nine of them are not ten because one looks twice."""
    bench = Bench(SLOW)
    permits = [bench.circuit.admit() for _ in range(9)]
    bench.time += 2.0
    bench.circuit.look()
    bench.circuit.look()
    for permit in permits:
        bench.circuit.settle(permit, Outcome.ANSWERED)
    assert bench.state() is State.CLOSED


async def test_a_late_call_that_fails_is_one_call() -> None:
    """Five late failures among eleven calls are not half."""
    bench = Bench(SLOW)
    permits = [bench.circuit.admit() for _ in range(5)]
    bench.time += 2.0
    await bench.succeeds(6)
    for permit in permits:
        bench.circuit.settle(permit, Outcome.FAILED)
    assert bench.state() is State.CLOSED
    await bench.fails()
    assert bench.state() is State.OPEN


async def test_giving_up_late_tells_that_it_was_slow() -> None:
    """Though nobody looked meanwhile."""
    bench = Bench(SLOW)
    permits = [bench.circuit.admit() for _ in range(10)]
    bench.time += 2.0
    for permit in permits:
        bench.circuit.settle(permit, Outcome.VOID)
    assert bench.state() is State.OPEN


def test_by_default_nothing_is_slow() -> None:
    """Only who calls knows what slow is."""
    assert math.isinf(CircuitLimits().slow_s)
