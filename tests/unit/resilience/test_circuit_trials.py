"""Trials find an open circuit's other side well without anybody's call."""

from __future__ import annotations

import pytest
from tests.unit.resilience.breaking import SLOW, Bench

from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.resilience.circuit import Move, Outcome, State


async def test_a_trial_may_find_it_well_before_its_time() -> None:
    """While open, a trial is the probe: one success, and callers are let through, one by one."""
    bench = await Bench().opened()
    await bench.refuses()
    assert await bench.circuit.trial(bench.answer) == "yes"
    assert bench.moves[-1] == Move(State.OPEN, State.HALF_OPEN)
    await bench.succeeds(1)
    assert bench.state() is State.HALF_OPEN
    await bench.succeeds(1)
    assert bench.state() is State.CLOSED


async def test_three_trials_close_it_without_any_caller() -> None:
    """It heals alone."""
    bench = await Bench().opened()
    for _ in range(3):
        await bench.circuit.trial(bench.answer)
    assert bench.state() is State.CLOSED


async def test_a_failed_trial_changes_nothing_while_it_is_open() -> None:
    """It neither lengthens nor shortens the time."""
    bench = await Bench().opened()
    for _ in range(3):
        with pytest.raises(Unavailable, match="gone"):
            await bench.circuit.trial(bench.fail)
    bench.time += 5.0
    await bench.succeeds()
    assert len(bench.moves) == 2


async def test_a_failed_trial_opens_a_half_open_circuit() -> None:
    """There it is a probe like any other; a result may be the failure."""
    bench = await Bench().half_opened()
    await bench.circuit.trial(bench.answer, failed=lambda answer: True)
    assert bench.state() is State.OPEN


async def test_a_trial_is_a_probe_and_the_only_one() -> None:
    """Another trial is refused, and so is a caller whose time has come."""
    bench = await Bench().opened()
    trial = bench.circuit.admit(trial=True)
    with pytest.raises(CircuitOpen):
        bench.circuit.admit(trial=True)
    bench.time += 5.0
    refusal = await bench.refuses()
    assert refusal.retry_after_s == 5.0
    assert bench.state() is State.OPEN
    bench.circuit.settle(trial, Outcome.VOID)
    await bench.succeeds()


async def test_trials_of_a_closed_circuit_are_calls() -> None:
    """They count."""
    bench = Bench()
    for _ in range(10):
        with pytest.raises(Unavailable):
            await bench.circuit.trial(bench.fail)
    assert bench.state() is State.OPEN


async def test_a_trial_that_is_never_heard_of_again_makes_room_for_another() -> None:
    """While the circuit is open, too."""
    bench = await Bench(SLOW).opened()
    lost = bench.circuit.admit(trial=True)
    bench.time += 2.0
    assert await bench.circuit.trial(bench.answer) == "yes"
    bench.circuit.settle(lost, Outcome.FAILED)
    assert bench.state() is State.HALF_OPEN
