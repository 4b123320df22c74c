"""Budgets: what is given never exceeds what they allow, and nothing that they allow is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.resilience.budget import SPRING_CLEANING, Budget, Shares, Windows

START = 1_790_000_000.0


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


STEPS = st.lists(st.tuples(st.floats(0, 3), st.integers(0, 40)), max_size=60)


@given(st.floats(0.5, 50), st.integers(1, 40), STEPS)
def test_a_budget_never_gives_more_than_it_has(
    rate_per_s: float, burst: int, steps: list[tuple[float, int]]
) -> None:
    """In any stretch of time at most the burst, and the rate times the time."""
    clock = Hands()
    budget = Budget(rate_per_s, burst, now=clock)
    given_at: list[float] = []
    for pause_s, wanted in steps:
        clock.time += pause_s
        given_at += [clock.time for _ in range(wanted) if budget.take()]
    for first, start in enumerate(given_at):
        for last in range(first, len(given_at)):
            assert last - first + 1 <= burst + (given_at[last] - start) * rate_per_s + 0.01


@given(st.floats(0.5, 50), st.integers(1, 40), st.integers(0, 60))
def test_after_the_wait_that_it_names_a_budget_gives(rate_per_s: float, burst: int, spent: int) -> None:
    """Not a second time for the same token."""
    clock = Hands()
    budget = Budget(rate_per_s, burst, now=clock)
    for _ in range(spent):
        budget.spend(1)
    clock.time += budget.wait_s()
    assert budget.wait_s() == 0
    assert budget.take()


def test_a_budget_keeps_what_it_is_told_to_keep() -> None:
    """The last tokens are for others."""
    budget = Budget(1, 3, now=Hands())
    assert [budget.take(keep=2), budget.take(keep=2), budget.take()] == [True, False, True]
    assert budget.wait_s(keep=2) == pytest.approx(2)


def test_a_clock_that_is_set_back_brings_no_tokens() -> None:
    """And takes none."""
    clock = Hands()
    budget = Budget(1, 2, now=clock)
    budget.spend(1)
    clock.time -= 100
    assert budget.level == 1
    clock.time += 1
    assert budget.level == 2


@pytest.mark.parametrize(("rate_per_s", "burst"), [(0, 1), (-1, 1), (1, 0.5)])
def test_a_budget_that_could_give_nothing_is_refused(rate_per_s: float, burst: float) -> None:
    """Whoever waited for it would wait for ever."""
    with pytest.raises(ValueError, match="budget"):
        Budget(rate_per_s, burst, now=Hands())


@given(st.integers(1, 20), st.floats(0.5, 60), STEPS)
def test_a_window_never_holds_more_than_it_may(
    count: int, period_s: float, steps: list[tuple[float, int]]
) -> None:
    """Wherever it is put."""
    clock = Hands()
    windows = Windows[str](count, period_s, now=clock)
    used_at: list[float] = []
    for pause_s, wanted in steps:
        clock.time += pause_s
        for _ in range(wanted):
            if not windows.wait_s("a"):
                windows.add("a")
                used_at.append(clock.time)
    for start in used_at:
        assert sum(start <= at < start + period_s - 1e-6 for at in used_at) <= count


def test_a_window_says_when_it_has_room() -> None:
    """When the oldest of the last few is over; others' windows are their own."""
    clock = Hands()
    windows = Windows[str](2, 60, now=clock)
    windows.add("a")
    clock.time += 10
    windows.add("a")
    assert (windows.wait_s("a"), windows.wait_s("b")) == (50, 0)
    clock.time += 50
    assert windows.wait_s("a") == 0


def test_windows_that_are_over_take_no_memory() -> None:
    """However many chats there were."""
    clock = Hands()
    windows = Windows[int](1, 60, now=clock)
    for chat in range(SPRING_CLEANING):
        windows.add(chat)
    clock.time += 30
    windows.add(-1)
    assert windows.wait_s(0) == 30
    clock.time += 40
    windows.add(-2)
    assert len(windows) == 2
    assert windows.wait_s(-1) == 20


@pytest.mark.parametrize(("count", "period_s"), [(0, 1), (1, -1)])
def test_a_window_without_room_is_refused(count: int, period_s: float) -> None:
    """Whoever waited for it would wait for ever."""
    with pytest.raises(ValueError, match=r"^a window has room for at least one, in a time not below zero$"):
        Windows(count, period_s, now=Hands())


def test_who_uses_much_is_modest_no_more_until_time_has_passed() -> None:
    """And what was used long ago is forgiven, however much it was."""
    clock = Hands()
    shares = Shares[str](2, 3, now=clock)
    for _ in range(100):
        shares.charge("loud")
    assert (shares.modest("loud"), shares.modest("quiet")) == (False, True)
    clock.time += 2
    assert shares.modest("loud")


def test_a_share_ends_where_its_burst_does() -> None:
    """Three at once, and no fourth."""
    shares = Shares[str](2, 3, now=Hands())
    for _ in range(3):
        assert shares.modest("quiet")
        shares.charge("quiet")
    assert not shares.modest("quiet")


def test_windows_that_have_just_ended_take_no_memory() -> None:
    """To the moment."""
    clock = Hands()
    windows = Windows[int](1, 60, now=clock)
    for chat in range(SPRING_CLEANING):
        windows.add(chat)
    clock.time += 60
    windows.add(-1)
    assert len(windows) == 1


def test_shares_that_were_not_used_lately_take_no_memory() -> None:
    """However many chats there were."""
    clock = Hands()
    shares = Shares[int](1, 3, now=clock)
    for chat in range(SPRING_CLEANING):
        shares.charge(chat)
    clock.time += 1
    shares.charge(-1)
    assert len(shares) == 1


def test_shares_that_were_used_lately_are_not_forgotten() -> None:
    """Not the least part of them, when others make room."""
    clock = Hands()
    shares = Shares[int](1, 3, now=clock)
    for chat in range(SPRING_CLEANING):
        shares.charge(chat)
    clock.time += 0.5
    shares.charge(-1)
    shares.charge(0)
    shares.charge(0)
    assert not shares.modest(0)


def test_a_window_may_be_over_at_once() -> None:
    """Whoever need not wait at all says so with a period of zero."""
    windows = Windows[str](1, 0, now=Hands())
    windows.add("a")
    assert windows.wait_s("a") == 0


@pytest.mark.parametrize(("rate_per_s", "burst"), [(0, 1), (1, 0.5)])
def test_a_budget_of_nothing_is_refused(rate_per_s: float, burst: float) -> None:
    """It is a mistake of whoever wrote it, and says so."""
    with pytest.raises(ValueError, match=r"^a budget has a rate above zero and a burst of at least one$"):
        Budget(rate_per_s, burst, now=Hands())
