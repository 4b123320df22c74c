"""Whom an open circuit refuses, and for how long."""

from __future__ import annotations

import pytest
from tests.unit.resilience.breaking import Bench

from gmbot.domain.errors import Unavailable
from gmbot.resilience.circuit import CircuitLimits, Move, State


async def test_an_open_circuit_refuses_and_says_until_when() -> None:
    """Nobody is asked for five seconds."""
    bench = await Bench().opened()
    bench.time += 1.5
    refusal = await bench.refuses()
    assert refusal.retry_after_s == pytest.approx(3.5)
    assert str(refusal) == "circuit open"
    assert isinstance(refusal, Unavailable)
    bench.time += 3.49
    assert (await bench.refuses()).retry_after_s == pytest.approx(0.01)
    bench.time += 0.01
    await bench.succeeds()


@pytest.mark.parametrize(("chance", "open_s"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
async def test_how_long_it_is_open_varies_by_a_fifth(chance: float, open_s: float) -> None:
    """So that processes do not return together."""
    bench = Bench()
    bench.chance = chance
    await bench.opened()
    assert [move.open_s for move in bench.moves] == [pytest.approx(open_s)]


async def test_it_is_open_twice_as_long_each_time_up_to_a_minute() -> None:
    """As long as every probe fails."""
    bench = await Bench().opened()
    for _ in range(5):
        bench.time += 60.0
        await bench.fails()
    assert [move.open_s for move in bench.moves if move.to is State.OPEN] == [5, 10, 20, 40, 60, 60]


async def test_after_it_closed_it_is_open_for_five_seconds_again() -> None:
    """What was is forgotten."""
    bench = await Bench().opened()
    bench.time += 5.0
    await bench.fails()
    bench.time += 10.0
    await bench.succeeds(3)
    await bench.fails(10)
    assert bench.moves[-1] == Move(State.CLOSED, State.OPEN, 5.0)


async def test_openings_without_end_do_not_overflow() -> None:
    """Ten thousand failed probes are a week of outage."""
    bench = await Bench().opened()
    for _ in range(2_000):
        bench.time += 60.0
        await bench.fails()
    assert bench.moves[-1].open_s == 60.0


async def test_whoever_is_refused_may_return_when_it_is_tried_next() -> None:
    """Long before the circuit would let a caller through."""
    bench = await Bench(CircuitLimits(trial_every_s=2.0)).opened()
    assert (await bench.refuses()).retry_after_s == 2.0
    bench.time += 3.5
    assert (await bench.refuses()).retry_after_s == 1.5


def test_states_are_ordered_by_how_bad_they_are() -> None:
    """As metrics show them."""
    assert [state.level for state in State] == [0, 1, 2, 3]
    assert [*State] == ["closed", "half_open", "open", "isolated"]
