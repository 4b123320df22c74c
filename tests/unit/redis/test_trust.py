"""Trust: memory is believed only while nothing can have been missed."""

from __future__ import annotations

import pytest

from gmbot.adapters.redis.trust import Trust


@pytest.fixture
def trust() -> Trust:
    """Trust since second 10, with signs of life of second 20, for 0.3 seconds at a time."""
    trust = Trust(0.3)
    trust.since, trust.heard_at, trust.written_at = 10.0, 20.0, 20.0
    return trust


def test_it_holds_for_a_lease_after_the_last_signs_of_life(trust: Trust) -> None:
    """And not a moment longer."""
    assert trust.holds(20.29)
    assert not trust.holds(20.31)


@pytest.mark.parametrize("sign", ["heard_at", "written_at"])
def test_each_sign_of_life_is_needed(trust: Trust, sign: str) -> None:
    """What can be heard but not written to is told nothing by anybody."""
    setattr(trust, sign, 19.0)
    assert not trust.holds(20.0)
    assert trust.until == 19.0


def test_it_does_not_hold_before_everybody_is_back(trust: Trust) -> None:
    """Signs of life alone are not enough."""
    trust.since = 20.5
    assert not trust.holds(20.1)


def test_what_is_lost_needs_everything_anew(trust: Trust) -> None:
    """Old signs of life do not count."""
    trust.lose()
    trust.since = 10.0
    assert not trust.holds(20.0)
