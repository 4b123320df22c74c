"""Circuits that are isolated or opened by hand, and those that refuse nobody."""

from __future__ import annotations

import pytest
from tests.unit.resilience.breaking import SLOW, Bench

from gmbot.domain.errors import CircuitOpen
from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, Outcome, State


async def test_who_knows_better_may_open_it() -> None:
    """A lost connection need not be counted."""
    bench = Bench()
    bench.circuit.trip()
    bench.circuit.trip()
    await bench.refuses()
    assert bench.moves == [Move(State.CLOSED, State.OPEN, 5.0)]
    bench.time += 5.0
    await bench.succeeds()
    bench.circuit.trip()
    assert bench.moves[-1] == Move(State.HALF_OPEN, State.OPEN, 10.0)


async def test_an_isolated_circuit_refuses_everything() -> None:
    """Until it is restored; not even trials, and for no known time."""
    bench = Bench(SLOW)
    under_way = bench.circuit.admit()
    bench.circuit.isolate()
    bench.circuit.isolate()
    bench.circuit.trip()
    bench.time += 1_000.0
    refusal = await bench.refuses()
    assert refusal.retry_after_s is None
    assert str(refusal) == "circuit isolated"
    with pytest.raises(CircuitOpen):
        bench.circuit.admit(trial=True)
    bench.circuit.settle(under_way, Outcome.FAILED)
    bench.circuit.restore()
    bench.circuit.restore()
    await bench.succeeds()
    assert bench.moves == [Move(State.CLOSED, State.ISOLATED), Move(State.ISOLATED, State.CLOSED)]


async def test_isolation_takes_the_probe_along() -> None:
    """What a probe says to an isolated circuit is not heard."""
    bench = await Bench().opened()
    bench.time += 5.0
    probe = bench.circuit.admit()
    bench.circuit.isolate()
    bench.circuit.settle(probe, Outcome.FAILED)
    assert bench.state() is State.ISOLATED


def test_a_circuit_refuses_unless_it_is_told_not_to() -> None:
    """That is what it is for."""
    circuit = Circuit(CircuitLimits(), now=lambda: 0.0, random=lambda: 0.5)
    circuit.trip()
    with pytest.raises(CircuitOpen):
        circuit.admit()


async def test_for_metrics_only_it_refuses_nobody() -> None:
    """It moves as it would, by its probes."""
    bench = Bench(metrics_only=True)
    await bench.opened()
    await bench.succeeds(5)
    assert bench.state() is State.OPEN
    bench.time += 5.0
    probe = bench.circuit.admit()
    await bench.fails(20)
    assert bench.state() is State.HALF_OPEN
    bench.circuit.settle(probe, Outcome.ANSWERED)
    await bench.succeeds(2)
    assert bench.state() is State.CLOSED


async def test_isolation_holds_for_metrics_only_too() -> None:
    """An operator's switch is one."""
    bench = Bench(metrics_only=True)
    bench.circuit.isolate()
    await bench.refuses()
