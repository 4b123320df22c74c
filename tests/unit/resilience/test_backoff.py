"""How long to wait before another attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.resilience.backoff import Backoff


def longest(first_s: float = 1.0, cap_s: float = 60.0) -> Backoff:
    """A backoff whose dice always fall on the ceiling."""
    return Backoff(first_s, cap_s, random=lambda: 1.0)


def test_the_ceiling_doubles_with_every_failure_up_to_the_cap() -> None:
    """1, 2, 4 … and then the cap for ever."""
    assert [longest().delay_s(n) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_by_default_nobody_waits_longer_than_a_minute() -> None:
    """And a second at first."""
    usual = Backoff(random=lambda: 1.0)
    assert (usual.delay_s(1), usual.delay_s(99)) == (1, 60)


def test_a_wait_may_always_be_as_long() -> None:
    """It begins where it ends."""
    assert longest(5.0, 5.0).delay_s(3) == 5


def test_no_failure_yet_counts_as_the_first() -> None:
    """Callers may count attempts from nought or from one."""
    assert longest().delay_s(0) == longest().delay_s(1) == 1


def test_jitter_is_full() -> None:
    """The delay is anywhere between nothing and the ceiling."""
    assert Backoff(random=lambda: 0.0).delay_s(5) == 0
    assert Backoff(random=lambda: 0.25).delay_s(3) == 1


def test_retry_after_is_law() -> None:
    """Never sooner than Telegram says, whatever the dice say."""
    assert Backoff(random=lambda: 0.0).delay_s(1, retry_after_s=17) == 17


def test_retry_after_does_not_shorten_a_longer_wait() -> None:
    """It is a floor, not the answer."""
    assert longest().delay_s(5, retry_after_s=3) == 16


@given(attempts=st.integers(0, 10**9), dice=st.floats(0, 1), floor=st.none() | st.floats(0, 10**6))
def test_every_delay_lies_between_the_floor_and_the_cap(
    attempts: int, dice: float, floor: float | None
) -> None:
    """However often it has failed, nothing overflows."""
    delay_s = Backoff(0.5, 30, random=lambda: dice).delay_s(attempts, floor)
    assert (floor or 0) <= delay_s <= max(30, floor or 0)


@pytest.mark.parametrize(("first_s", "cap_s"), [(0, 60), (-1, 60), (2, 1)])
def test_a_senseless_backoff_is_refused(first_s: float, cap_s: float) -> None:
    """It would spin, or never grow."""
    with pytest.raises(ValueError, match=r"^a backoff starts above zero and not above its cap$"):
        longest(first_s, cap_s)
