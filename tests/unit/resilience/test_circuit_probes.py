"""Whom a half-open circuit lets through, and how it closes again."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.resilience.breaking import QUICK, SLOW, Bench

from gmbot.domain.errors import CircuitOpen
from gmbot.resilience.circuit import Move, Outcome, State


async def test_one_probe_at_a_time() -> None:
    """The second is refused, and told when to come again."""
    bench = await Bench().opened()
    bench.time += 5.0
    probe = bench.circuit.admit()
    assert bench.state() is State.HALF_OPEN
    refusal = await bench.refuses()
    assert refusal.retry_after_s == 5.0
    assert str(refusal) == "circuit half-open"
    bench.circuit.settle(probe, Outcome.ANSWERED)
    await bench.succeeds()


async def test_three_successes_close_it() -> None:
    """And no fewer; every move is told."""
    bench = await Bench().opened()
    bench.time += 5.0
    await bench.succeeds(2)
    assert bench.state() is State.HALF_OPEN
    await bench.succeeds(1)
    assert bench.state() is State.CLOSED
    assert bench.moves == [
        Move(State.CLOSED, State.OPEN, 5.0),
        Move(State.OPEN, State.HALF_OPEN),
        Move(State.HALF_OPEN, State.CLOSED),
    ]


async def test_one_failed_probe_opens_it_again() -> None:
    """For longer; the successes before it count no more."""
    bench = await Bench().opened()
    bench.time += 5.0
    await bench.succeeds(2)
    await bench.fails()
    assert bench.moves[-1] == Move(State.HALF_OPEN, State.OPEN, 10.0)
    bench.time += 10.0
    await bench.succeeds(2)
    assert bench.state() is State.HALF_OPEN


async def test_a_closed_circuit_has_forgotten_its_failures() -> None:
    """It needs ten calls again."""
    bench = await Bench(QUICK).opened()
    bench.time += 5.0
    await bench.succeeds(3)
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_a_cancelled_probe_gives_its_permit_back() -> None:
    """The next call is the probe."""
    bench = await Bench().opened()
    bench.time += 5.0
    probe = asyncio.create_task(bench.circuit.call(asyncio.Event().wait))
    await asyncio.sleep(0)
    await bench.refuses()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert bench.state() is State.HALF_OPEN
    await bench.succeeds(3)
    assert bench.state() is State.CLOSED


async def test_a_probe_that_is_never_heard_of_again_has_failed() -> None:
    """The circuit re-arms; what the lost one says later changes nothing."""
    bench = await Bench(SLOW).opened()
    bench.time += 5.0
    lost = bench.circuit.admit()
    bench.time += 1.99
    bench.circuit.look()
    assert bench.state() is State.HALF_OPEN
    bench.time += 0.01
    bench.circuit.look()
    assert bench.moves[-1] == Move(State.HALF_OPEN, State.OPEN, 10.0)
    bench.time += 10.0
    await bench.succeeds(2)
    bench.circuit.settle(lost, Outcome.FAILED)
    bench.circuit.settle(lost, Outcome.ANSWERED)
    assert bench.state() is State.HALF_OPEN
    await bench.succeeds(1)
    assert bench.state() is State.CLOSED


async def test_a_slow_probe_has_failed() -> None:
    """Even if it was answered and nobody looked."""
    bench = await Bench(SLOW).opened()
    bench.time += 5.0
    await bench.takes(2.0)
    assert bench.state() is State.OPEN


async def test_a_patient_call_is_never_the_probe() -> None:
    """It would keep everybody waiting; nor does it start the trying."""
    bench = await Bench().opened()
    bench.time += 5.0
    with pytest.raises(CircuitOpen):
        bench.circuit.admit(patient=True)
    assert bench.state() is State.OPEN
    await bench.succeeds()
    with pytest.raises(CircuitOpen):
        bench.circuit.admit(patient=True)


async def test_what_began_before_it_opened_tells_nothing_afterwards() -> None:
    """Neither to the half-open circuit nor to the one that has closed."""
    bench = Bench(SLOW)
    old = [bench.circuit.admit() for _ in range(20)]
    await bench.opened()
    bench.time += 5.0
    await bench.succeeds(1)
    bench.circuit.settle(old[0], Outcome.FAILED)
    bench.circuit.settle(old[1], Outcome.ANSWERED)
    bench.circuit.settle(old[2], Outcome.ANSWERED)
    assert bench.state() is State.HALF_OPEN
    await bench.succeeds(2)
    for permit in old[3:]:
        bench.circuit.settle(permit, Outcome.FAILED)
    assert bench.state() is State.CLOSED


async def test_what_began_two_outages_ago_tells_nothing_either() -> None:
    """However alike the circuit looks."""
    bench = await Bench(SLOW).opened()
    bench.time += 5.0
    await bench.succeeds(3)
    old = [bench.circuit.admit() for _ in range(20)]
    await bench.opened()
    bench.time += 5.0
    await bench.succeeds(3)
    for permit in old:
        bench.circuit.settle(permit, Outcome.FAILED)
    assert bench.state() is State.CLOSED
