"""When a circuit opens, whom it lets through, and how it closes again."""

from __future__ import annotations

import asyncio
import math

import pytest
from tests.unit.resilience.breaking import Bench

from gmbot.domain.errors import ChatUnusable, CircuitOpen, TooManyRequests, Unavailable
from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, Outcome, State

SLOW = CircuitLimits(slow_s=2.0)
QUICK = CircuitLimits(quick_window_s=3.0)


async def test_nine_failures_are_too_few() -> None:
    """Less than ten calls tell nothing."""
    bench = Bench()
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_half_of_the_calls_failing_open_it() -> None:
    """And no call fewer."""
    bench = Bench()
    await bench.succeeds(11)
    await bench.fails(10)
    assert bench.state() is State.CLOSED
    await bench.fails(1)
    assert bench.state() is State.OPEN


async def test_a_success_may_be_the_tenth_call() -> None:
    """Nine of ten failed."""
    bench = Bench()
    await bench.fails(9)
    await bench.succeeds()
    assert bench.state() is State.OPEN


async def test_failures_of_old_do_not_count() -> None:
    """Thirty seconds later they are forgotten."""
    bench = Bench()
    await bench.fails(9)
    bench.time += 30.0
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_a_quick_window_notices_an_outage_after_much_success() -> None:
    """A thousand answers of half a minute do not hide ten failures of now."""
    bench = Bench(QUICK)
    await bench.succeeds(1_000)
    bench.time += 3.1
    await bench.fails(10)
    assert bench.state() is State.OPEN


async def test_a_quick_window_hides_no_slow_outage() -> None:
    """Ten failures that take half a minute count as well."""
    bench = Bench(QUICK)
    await bench.fails(5)
    bench.time += 10.0
    await bench.fails(5)
    assert bench.state() is State.OPEN


async def test_without_a_quick_window_half_a_minute_counts() -> None:
    """As it says."""
    bench = Bench()
    await bench.succeeds(1_000)
    bench.time += 3.1
    await bench.fails(10)
    assert bench.state() is State.CLOSED


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


async def test_the_callers_own_cancellation_is_no_failure() -> None:
    """It tells nothing of the other side."""
    bench = Bench()
    for _ in range(20):
        task = asyncio.create_task(bench.circuit.call(asyncio.Event().wait))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_giving_up_late_tells_that_it_was_slow() -> None:
    """Though nobody looked meanwhile."""
    bench = Bench(SLOW)
    permits = [bench.circuit.admit() for _ in range(10)]
    bench.time += 2.0
    for permit in permits:
        bench.circuit.settle(permit, Outcome.VOID)
    assert bench.state() is State.OPEN


@pytest.mark.parametrize("error", [ChatUnusable("no"), TooManyRequests("slow down", retry_after_s=3.0)])
async def test_being_refused_is_being_answered(error: Exception) -> None:
    """Telegram's 4xx and 429 come from a Telegram that works."""
    bench = Bench()

    async def refuse() -> None:
        raise error

    for _ in range(20):
        with pytest.raises(type(error)):
            await bench.circuit.call(refuse)
    await bench.fails(10)
    assert bench.state() is State.CLOSED


async def test_a_mistake_of_our_own_tells_nothing() -> None:
    """Neither that it works nor that it does not."""
    bench = Bench()

    async def blunder() -> None:
        raise KeyError("ours")

    for _ in range(20):
        with pytest.raises(KeyError):
            await bench.circuit.call(blunder)
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_another_circuits_refusal_tells_nothing() -> None:
    """Nobody was asked."""
    inner, outer = await Bench().opened(), Bench()
    for _ in range(20):
        with pytest.raises(CircuitOpen):
            await outer.circuit.call(lambda: inner.circuit.call(inner.answer))
    await outer.fails(9)
    assert outer.state() is State.CLOSED


async def test_a_result_may_be_a_failure() -> None:
    """As a 502 is, and is returned all the same."""
    bench = Bench()
    for _ in range(10):
        assert await bench.circuit.call(bench.answer, failed=lambda answer: answer == "yes") == "yes"
    assert bench.state() is State.OPEN


async def test_an_open_circuit_refuses_and_says_until_when() -> None:
    """Nobody is asked for five seconds."""
    bench = await Bench().opened()
    bench.time += 1.5
    refusal = await bench.refuses()
    assert refusal.retry_after_s == pytest.approx(3.5)
    assert str(refusal) == "circuit open"
    assert isinstance(refusal, Unavailable)
    bench.time += 3.49
    await bench.refuses()
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


async def test_a_trial_that_is_never_heard_of_again_makes_room_for_another() -> None:
    """While the circuit is open, too."""
    bench = await Bench(SLOW).opened()
    lost = bench.circuit.admit(trial=True)
    bench.time += 2.0
    assert await bench.circuit.trial(bench.answer) == "yes"
    bench.circuit.settle(lost, Outcome.FAILED)
    assert bench.state() is State.HALF_OPEN


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


def test_a_circuit_refuses_unless_it_is_told_not_to() -> None:
    """That is what it is for."""
    circuit = Circuit(CircuitLimits(), now=lambda: 0.0, random=lambda: 0.5)
    circuit.trip()
    with pytest.raises(CircuitOpen):
        circuit.admit()


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


async def test_whoever_is_refused_may_return_when_it_is_tried_next() -> None:
    """Long before the circuit would let a caller through."""
    bench = await Bench(CircuitLimits(trial_every_s=2.0)).opened()
    assert (await bench.refuses()).retry_after_s == 2.0
    bench.time += 3.5
    assert (await bench.refuses()).retry_after_s == 1.5


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


def test_states_are_ordered_by_how_bad_they_are() -> None:
    """As metrics show them."""
    assert [state.level for state in State] == [0, 1, 2, 3]
    assert [*State] == ["closed", "half_open", "open", "isolated"]


def test_by_default_nothing_is_slow() -> None:
    """Only who calls knows what slow is."""
    assert math.isinf(CircuitLimits().slow_s)
