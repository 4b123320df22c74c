"""The soak in miniature: it runs, it looks, and it would notice."""

from __future__ import annotations

import pytest
from tests.soak.census import MIB, Sample, judge, line
from tests.soak.run import Plan, soak
from tests.soak.town import Size

MOST_AT_REST = 40
"""What serves, waits and keeps house; attempts and answers are over by then."""


def _sample(minute: float, **held: int) -> Sample:
    usual = {"rss": 90 * MIB, "descriptors": 30, "threads": 10, "tasks": 25} | held
    return Sample(at=minute * 60, cpu_s=minute, updates=round(minute * 12_000), **usual)


@pytest.mark.parametrize("webhook", [False, True])
async def test_a_small_town_is_as_it_should_be_after_a_few_seconds(webhook: bool) -> None:
    """Everybody has their due, nothing is left over, and the process ends in order."""
    outcome = await soak(
        Plan(seconds=3, warm_s=0.5, rate_per_s=60, every_s=0.5, size=Size(2, 15), webhook=webhook)
    )
    assert outcome.wrong == (0, 0)
    assert (outcome.pending, outcome.set_aside, outcome.exit_code) == (0, 0, 0)
    assert outcome.resting.tasks < MOST_AT_REST
    assert outcome.samples[-1].updates > outcome.samples[0].updates


def test_a_flat_hour_is_no_leak() -> None:
    """What comes and goes does not count, nor does the warm-up."""
    hour = [
        _sample(minute, rss=(60 if minute < 10 else 90) * MIB, tasks=25 + minute % 7) for minute in range(60)
    ]
    assert judge(hour, 600).leaks == []


@pytest.mark.parametrize("what", ["rss", "descriptors", "threads", "tasks"])
def test_what_grows_slowly_is_a_leak(what: str) -> None:
    """A sixth within the judged time."""
    usual = {"rss": 90 * MIB, "descriptors": 60, "threads": 30, "tasks": 120}
    hour = [_sample(minute, **{what: round(usual[what] * (1 + minute / 300))}) for minute in range(60)]
    (found,) = judge(hour, 600).leaks
    assert what.replace("rss", "memory") in found


def test_a_row_tells_a_sample() -> None:
    """In the table's order."""
    assert line(_sample(2)) == "| 2 | 24000 | 90.0 | 30 | 10 | 25 | 2 |"
