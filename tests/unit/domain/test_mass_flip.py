"""Mass flips: so many at once that nobody is held for it before an admin has looked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain import mass_flip
from gmbot.domain.ids import UserId
from gmbot.domain.mass_flip import FlipCount, FlipLimits, FlipWindow, is_mass_flip

LIMITS = FlipLimits(share=0.3, least=10, window_s=60.0)


@pytest.mark.parametrize(
    ("flipped", "checked", "too_many"),
    [(9, 9, False), (10, 10, True), (10, 33, True), (10, 34, False), (30, 100, False), (31, 100, True)],
)
def test_a_mass_flip_is_both_many_and_much(flipped: int, checked: int, *, too_many: bool) -> None:
    """At least ten people, and more than three in ten of those who were looked at."""
    assert is_mass_flip(FlipCount(flipped, checked), LIMITS) is too_many


def test_people_count_once() -> None:
    """Whoever is looked at again and again is one person."""
    window = FlipWindow(LIMITS)
    for now in range(20):
        window.flipped(UserId(1), float(now))
    assert window.count(20.0) == FlipCount(1, 1)


def test_a_minute_later_all_is_forgotten() -> None:
    """The window slides."""
    window = FlipWindow(LIMITS)
    window.flipped(UserId(1), 0.0)
    window.passed(UserId(2), 30.0)
    assert window.count(59.9) == FlipCount(1, 2)
    assert window.count(60.0) == FlipCount(0, 1)
    assert window.count(90.0) == FlipCount(0, 0)


def test_who_is_back_has_not_flipped() -> None:
    """Leaving and coming back is no news."""
    window = FlipWindow(LIMITS)
    window.flipped(UserId(1), 0.0)
    window.passed(UserId(1), 1.0)
    assert window.count(2.0) == FlipCount(0, 1)


def test_a_window_is_bounded() -> None:
    """However many people there are, the oldest make room."""
    window = FlipWindow(LIMITS)
    for person in range(mass_flip.MOST_COUNTED + 5):
        window.passed(UserId(person), 0.0)
    assert window.count(0.0).checked == mass_flip.MOST_COUNTED


def test_the_first_make_room_for_the_last() -> None:
    """So those who are counted are those of now."""
    window = FlipWindow(LIMITS)
    window.flipped(UserId(-1), 0.0)
    for person in range(mass_flip.MOST_COUNTED):
        window.flipped(UserId(person), 30.0)
    assert window.count(60.0).flipped == mass_flip.MOST_COUNTED


def test_who_passes_is_forgotten_in_time_too() -> None:
    """Though nobody counts."""
    window = FlipWindow(LIMITS)
    for minute in range(5):
        window.passed(UserId(minute), minute * 60.0)
    window.flipped(UserId(9), 240.0)
    assert window.count(240.0) == FlipCount(1, 2)


_moments = st.floats(0, 300).map(lambda at: round(at, 1))
_looks = st.lists(st.tuples(_moments, st.integers(1, 40), st.booleans()), max_size=80).map(sorted)


@given(_looks)
def test_the_window_counts_as_one_would_by_hand(looks: list[tuple[float, int, bool]]) -> None:
    """Each person's last look decides, if it is less than a window old."""
    window = FlipWindow(LIMITS)
    last: dict[int, tuple[float, bool]] = {}
    for at, person, fell in looks:
        if fell:
            window.flipped(UserId(person), at)
        else:
            window.passed(UserId(person), at)
        last[person] = (at, fell)
        recent = [fell for seen, fell in last.values() if at - seen < LIMITS.window_s]
        assert window.count(at) == FlipCount(sum(recent), len(recent))


@given(_looks)
def test_fewer_than_the_least_never_trip(looks: list[tuple[float, int, bool]]) -> None:
    """Nine people may come and go as they like."""
    window = FlipWindow(LIMITS)
    for at, person, _ in looks:
        assert not is_mass_flip(window.flipped(UserId(person % 9), at), LIMITS)


@given(st.integers(10, 60), st.integers(0, 200))
def test_when_all_leave_at_once_fewer_than_allowed_are_held_before_it_is_seen(gone: int, others: int) -> None:
    """Before the flip that is too many, no more than the least or the share have been let through."""
    window = FlipWindow(LIMITS)
    for person in range(others):
        window.passed(UserId(1000 + person), 0.0)
    held = 0
    for person in range(gone):
        if is_mass_flip(window.flipped(UserId(person), 1.0), LIMITS):
            break
        held += 1
    assert held < LIMITS.least or held <= LIMITS.share * (others + held + 1)
