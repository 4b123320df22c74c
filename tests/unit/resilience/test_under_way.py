"""How long what is under way has been."""

from __future__ import annotations

from gmbot.resilience.under_way import UnderWay
from gmbot.simulator import VirtualClock


def test_nothing_is_under_way_at_first() -> None:
    """And so nothing is old."""
    works = UnderWay(VirtualClock(100.0).now)
    assert (len(works), works.oldest_s) == (0, 0.0)


def test_the_oldest_that_has_not_ended_counts() -> None:
    """Whatever ended in between, in whatever order."""
    clock = VirtualClock(100.0)
    works = UnderWay(clock.now)
    first = works.begin()
    clock.set(110.0)
    second = works.begin()
    clock.set(125.0)
    assert (len(works), works.oldest_s) == (2, 25.0)
    works.end(first)
    assert (len(works), works.oldest_s) == (1, 15.0)
    works.end(second)
    assert (len(works), works.oldest_s) == (0, 0.0)


def test_an_end_may_be_told_twice() -> None:
    """Once is enough."""
    works = UnderWay(VirtualClock(100.0).now)
    number = works.begin()
    works.end(number)
    works.end(number)
    assert len(works) == 0


def test_a_clock_that_is_put_back_makes_nothing_younger_than_new() -> None:
    """Seconds under way are never negative."""
    clock = VirtualClock(100.0)
    works = UnderWay(clock.now)
    works.begin()
    clock.set(90.0)
    assert works.oldest_s == 0.0
