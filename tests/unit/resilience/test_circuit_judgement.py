"""When failures open a circuit: how many of them, and within what time."""

from __future__ import annotations

from tests.unit.resilience.breaking import QUICK, Bench

from gmbot.resilience.circuit import State


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
