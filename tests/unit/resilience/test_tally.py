"""Counting what became of the calls of the last seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.resilience.tally import SLICES, Counts, Tally


def test_a_window_is_longer_than_nothing() -> None:
    """Anything else is a mistake of whoever wrote it."""
    with pytest.raises(ValueError, match=r"^a window is longer than nothing$"):
        Tally(0)


def test_it_adds_up() -> None:
    """Calls, failures and slow ones, each by itself."""
    tally = Tally(60)
    tally.add(0.0, 1, 0, 0)
    tally.add(30.0, 2, 1, 0)
    tally.add(59.9, 4, 0, 1)
    tally.add(59.9, 1, 1, 2)
    assert tally.counts(59.9) == Counts(calls=8, failures=2, slow=3)
    assert (tally.calls, tally.failures, tally.slow) == (8, 2, 3)
    tally.add(95.0, 0, 0, 0)
    assert (tally.calls, tally.failures, tally.slow) == (5, 1, 3)


def test_what_a_slice_counted_leaves_it_whole() -> None:
    """However often something was added to it."""
    tally = Tally(60)
    tally.add(1.0, 1, 1, 1)
    tally.add(1.5, 1, 1, 1)
    assert tally.counts(62.0) == (0, 0, 0)


def test_what_is_old_is_forgotten_a_slice_at_a_time() -> None:
    """A sixtieth of the window after another."""
    tally = Tally(60)
    for second in range(60):
        tally.add(float(second), 1, 1, 1)
    assert tally.counts(59.5) == (60, 60, 60)
    assert tally.counts(60.0) == (59, 59, 59)
    assert tally.counts(62.0) == (57, 57, 57)


def test_after_a_whole_window_nothing_is_left() -> None:
    """Not a slice of it, however long ago."""
    tally = Tally(60)
    tally.add(0.0, 1, 1, 1)
    assert tally.counts(59.99) == (1, 1, 1)
    assert tally.counts(60.0) == (0, 0, 0)
    tally.add(60.0, 1, 0, 0)
    assert tally.counts(10_000.0) == (0, 0, 0)


def test_what_it_forgets_by_order_can_be_counted_anew() -> None:
    """As after a circuit closes."""
    tally = Tally(60)
    tally.add(1.0, 5, 5, 5)
    tally.clear()
    tally.add(1.0, 1, 0, 1)
    assert tally.counts(1.0) == (1, 0, 1)
    assert tally.counts(62.0) == (0, 0, 0)


def test_a_clock_that_is_set_back_forgets_nothing() -> None:
    """It counts as one that stands still."""
    tally = Tally(60)
    tally.add(100.0, 1, 0, 0)
    tally.add(50.0, 1, 0, 0)
    assert tally.counts(100.0).calls == 2


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(0, 3)), max_size=60), st.floats(0.5, 40))
def test_it_counts_what_a_list_would(steps: list[tuple[float, int]], window_s: float) -> None:
    """All of the window but the oldest slice, and nothing older than the window."""
    tally, now, everything = Tally(window_s), 0.0, list[tuple[float, int]]()
    for passed_s, number in steps:
        now += passed_s
        tally.add(now, number, number, number)
        everything.append((now, number))
    counted = tally.counts(now).calls
    sure_s, possible_s = window_s * (1 - 1 / SLICES) - 1e-6, window_s + 1e-6
    assert counted >= sum(number for at, number in everything if at > now - sure_s)
    assert counted <= sum(number for at, number in everything if at > now - possible_s)
