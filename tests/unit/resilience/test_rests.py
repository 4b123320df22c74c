"""Rests: what failed is left alone for a while, longer each time."""

from __future__ import annotations

import pytest

from gmbot.resilience.rests import SPRING_CLEANING, Rests


class Hand:
    """A clock's hand."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> float:
        """Return where it is."""
        return self.at


@pytest.fixture
def hand() -> Hand:
    """A clock to turn."""
    return Hand()


@pytest.fixture
def rests(hand: Hand) -> Rests[str]:
    """Rests of one second, two, four, and no more."""
    return Rests(1.0, 4.0, now=hand.now)


def test_what_never_failed_does_not_rest(rests: Rests[str]) -> None:
    """Not even while others do."""
    assert not rests.rests("a")
    rests.failed("b")
    assert not rests.rests("a")


def test_each_rest_is_twice_as_long_up_to_the_longest(rests: Rests[str], hand: Hand) -> None:
    """However often it fails."""
    for length_s in (1.0, 2.0, 4.0, 4.0):
        rests.failed("a")
        hand.at += length_s - 0.01
        assert rests.rests("a")
        hand.at += 0.01
        assert not rests.rests("a")


def test_success_ends_it_all(rests: Rests[str], hand: Hand) -> None:
    """The next failure counts as the first."""
    for _ in range(3):
        rests.failed("a")
    rests.succeeded("a")
    assert not rests.rests("a")
    rests.failed("a")
    hand.at += 1.0
    assert not rests.rests("a")


def test_success_of_what_never_failed_changes_nothing(rests: Rests[str]) -> None:
    """It is the common case, also while others rest."""
    rests.succeeded("a")
    assert len(rests) == 0
    rests.failed("b")
    rests.succeeded("a")
    assert len(rests) == 1


def test_a_clock_that_is_set_back_keeps_nobody_resting(rests: Rests[str], hand: Hand) -> None:
    """Not for longer than the longest rest."""
    rests.failed("a")
    hand.at -= 3_600.0
    assert not rests.rests("a")


def test_what_rests_no_more_is_forgotten_in_time(rests: Rests[str], hand: Hand) -> None:
    """It does not grow with everybody who ever failed."""
    for number in range(SPRING_CLEANING):
        rests.failed(f"old {number}")
    hand.at += 5.0
    rests.failed("new")
    assert len(rests) == 1
    assert rests.rests("new")


def test_what_still_rests_is_not_forgotten_with_the_rest(rests: Rests[str], hand: Hand) -> None:
    """However many there are."""
    for number in range(SPRING_CLEANING):
        rests.failed(f"old {number}")
    rests.failed("new")
    assert rests.rests("old 0")


def test_who_rests_longest_rests_from_the_first_moment_on(rests: Rests[str], hand: Hand) -> None:
    """Not a moment later."""
    for _ in range(10):
        rests.failed("a")
        assert rests.rests("a")
