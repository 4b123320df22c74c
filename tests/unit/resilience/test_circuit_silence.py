"""How long nobody has been answered through a circuit."""

from __future__ import annotations

from tests.unit.resilience.breaking import Bench

from gmbot.resilience.circuit import Outcome, State


async def test_silence_begins_with_the_first_who_is_not_answered() -> None:
    """However many ask after that, and whether they still wait or have failed."""
    bench = Bench()
    assert bench.circuit.silence_s == 0.0
    bench.circuit.admit()
    bench.time += 1.0
    await bench.fails(2)
    bench.time += 0.5
    assert bench.circuit.silence_s == 1.5


async def test_an_answer_ends_silence_but_for_those_who_still_wait() -> None:
    """For them it begins anew."""
    bench = Bench()
    waiting = bench.circuit.admit()
    bench.time += 1.0
    await bench.succeeds()
    bench.time += 0.25
    assert bench.circuit.silence_s == 0.25
    bench.circuit.settle(waiting, Outcome.ANSWERED)
    bench.time += 9.0
    assert bench.circuit.silence_s == 0.0


async def test_a_poll_of_who_is_idle_is_no_silence() -> None:
    """It waits by design."""
    bench = Bench()
    await bench.succeeds(10)
    bench.time += 31.0
    await bench.succeeds(9)
    bench.circuit.admit(patient=True)
    bench.time += 20.0
    assert bench.circuit.silence_s == 0.0


async def test_a_poll_of_who_is_busy_is_silent_until_anybody_is_answered() -> None:
    """There is much to hear: one answer tells that all is well, until somebody asks again."""
    bench = Bench()
    await bench.succeeds(10)
    bench.circuit.admit(patient=True)
    bench.time += 20.0
    assert bench.circuit.silence_s == 20.0
    await bench.succeeds()
    bench.time += 20.0
    assert bench.circuit.silence_s == 0.0


async def test_only_a_closed_circuit_is_silent() -> None:
    """An open one is tried anyway, and begins anew when it has closed."""
    bench = await Bench().opened()
    bench.time += 5.0
    assert bench.circuit.silence_s == 0.0
    await bench.succeeds(3)
    bench.time += 5.0
    assert (bench.state(), bench.circuit.silence_s) == (State.CLOSED, 0.0)
