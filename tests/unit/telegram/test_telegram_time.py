"""Telegram's clock, as told by Date headers."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.telegram import START, LeapingClock

from gmbot.adapters.telegram.telegram_time import TelegramTime


def test_a_clock_that_agrees_is_left_alone() -> None:
    """A header of second resolution that our clock could have sent changes nothing."""
    clock = LeapingClock(START + 0.7)
    time = TelegramTime(clock)
    time.hear(START, asked=START + 0.6, heard=START + 0.7)
    assert time.now() == clock.now()


def test_a_clock_that_is_behind_is_moved_ahead() -> None:
    """As little as the header demands."""
    time = TelegramTime(LeapingClock(START))
    time.hear(START + 100, asked=START, heard=START)
    assert time.now() == START + 100


def test_a_clock_that_is_ahead_is_moved_back() -> None:
    """The server's second had not ended when it answered."""
    time = TelegramTime(LeapingClock(START))
    time.hear(START - 100, asked=START, heard=START)
    assert time.now() == START - 99


def test_no_header_teaches_nothing() -> None:
    """Nor does one that came while our own clock stepped back."""
    time = TelegramTime(LeapingClock(START))
    time.hear(None, asked=START, heard=START)
    time.hear(START + 100, asked=START, heard=START - 5)
    assert time.now() == START


@given(
    ahead_s=st.floats(-1e6, 1e6),
    exchanges=st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 5), st.floats(0, 60)), min_size=1, max_size=20
    ),
)
def test_after_any_header_the_guess_is_within_a_second_and_the_exchange(
    ahead_s: float, exchanges: list[tuple[float, float, float]]
) -> None:
    """Whatever the true difference, each answer leaves an error below one second plus its travel time."""
    clock = LeapingClock()
    time = TelegramTime(clock)
    for there_s, back_s, pause_s in exchanges:
        asked = clock.now()
        clock.time += there_s
        date = math.floor(clock.now() + ahead_s)
        clock.time += back_s
        time.hear(date, asked, clock.now())
        assert abs(time.now() - (clock.now() + ahead_s)) <= 1.001 + there_s + back_s
        clock.time += pause_s


@given(there_s=st.floats(0, 20), back_s=st.floats(0, 20), ahead_s=st.floats(-1e6, 1e6))
def test_an_answer_is_never_stamped_later_than_it_was_true(
    there_s: float, back_s: float, ahead_s: float
) -> None:
    """An event that came after the answer was made must not look older than it."""
    asked = START
    true_at = asked + there_s + ahead_s
    heard = asked + there_s + back_s
    time = TelegramTime(LeapingClock(heard))
    assert time.second_asked(math.floor(true_at), asked, heard) <= math.floor(true_at)


def test_without_a_header_the_question_is_stamped_by_our_best_guess() -> None:
    """The guess moved by what was heard before."""
    time = TelegramTime(LeapingClock(START + 10))
    time.hear(START + 100, asked=START, heard=START)
    assert time.second_asked(None, asked=START + 8, heard=START + 10) == START + 108
