"""`make bench-check`: counting instructions, and what counts as a loss."""

from __future__ import annotations

from benchmarks.instructions import Counted, count, losses


def _counted(polled: float, floor: float = 100.0) -> Counted:
    return Counted("3.11", {"floor": floor, "polled": polled})


def test_a_path_that_costs_a_fifth_more_is_a_loss() -> None:
    """More than 15 % of a ratio to decoding alone is too much."""
    assert [loss.path for loss in losses(_counted(1_000), _counted(1_200))] == ["polled"]


def test_a_path_that_costs_a_tenth_more_is_none() -> None:
    """Up to 15 % may come and go."""
    assert not losses(_counted(1_000), _counted(1_100))


def test_a_slower_python_is_no_loss() -> None:
    """What makes decoding dearer as well is not GMBot's doing."""
    assert not losses(_counted(1_000), _counted(2_000, floor=200.0))


def test_a_path_that_was_slowed_is_found_by_its_instructions() -> None:
    """A path that does its work twice has twice the instructions, whatever else the machine does."""
    seen = count(("floor", "twice_the_floor"))
    before = Counted(seen.python, seen.instructions | {"twice_the_floor": seen.instructions["floor"]})
    assert 1.99 < seen.floors("twice_the_floor") < 2.01
    assert [loss.path for loss in losses(before, seen)] == ["twice_the_floor"]
