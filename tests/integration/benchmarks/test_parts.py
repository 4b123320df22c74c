"""Every part of `make bench` in miniature: it runs, and counts what it says."""

from __future__ import annotations

import pytest
from benchmarks import busy, footprint, mixed, ordinary, short, strangers
from benchmarks.children import BASELINE, Ground, at_work
from benchmarks.figures import Figure
from benchmarks.town import Town
from benchmarks.traffic import Habits, PublicService, Traffic

SMALL = Town(groups=3, channels=2, people=30)


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_ordinary_messages_cost_no_call_and_others_one_each(way: str) -> None:
    """GMBot asks nobody about a known member; the plain bot asks about each message."""
    ground = Ground(town=SMALL)
    figures = _named(await ordinary.of_intake(way, ordinary.Load(ours=60, theirs=5), ground))
    calls = figures[f"ordinary message, {way}: calls"]
    assert (round(calls.value, 1), calls.elsewhere) == (0, 1)
    assert figures[f"ordinary message, {way}: CPU"].value > 0


async def test_the_short_path_grows_from_a_small_town_to_a_large_one() -> None:
    """Both towns are measured, and no message in them leads to a call."""
    large = Town(groups=30, channels=10, people=300)
    figures = await short.of_short_path(short.Growth(small=SMALL, large=large, count=50))
    assert len(figures) == 5


async def test_mixed_traffic_is_confirmed_to_the_last_update() -> None:
    """Each round's updates are fetched and confirmed."""
    rounds = await mixed.rounds(Ground(town=SMALL, environ=mixed.UNLIMITED), 100)
    assert all(cpu_us > 0 for cpu_us, _ in rounds)


@pytest.mark.parametrize("module", [("gmbot", "run"), BASELINE], ids=["gmbot", "plain"])
async def test_strangers_are_muted_and_freed(module: tuple[str, ...]) -> None:
    """Whoever joins is restricted, and released on subscribing, by both bots."""
    ground = Ground(town=SMALL, module=module, environ=mixed.UNLIMITED)
    seen = await strangers.latencies(ground, strangers.Scale(rounds=1, each=3))
    assert len(seen.mutes[0]) == len(seen.releases[0]) == 3


async def test_a_start_is_timed_and_weighed() -> None:
    """A start has a duration, CPU time and a weight."""
    started = await footprint.start_of(Ground(town=SMALL, webhook=True), footprint.Scale(settle_s=0))
    assert min(started.seconds, started.cpu_s, started.mib) > 0


async def test_a_slice_of_a_day_is_replayed_and_counted() -> None:
    """Updates are replayed in full, and verdicts are counted by where they were found."""
    town = PublicService(groups=5, channels=3, people=60)
    async with at_work(Ground(town=town, environ=mixed.UNLIMITED)) as subject:
        seen = await busy.replay(subject, Traffic(town, Habits()), 200)
    assert seen.updates == 200
    assert sum(seen.told.values()) > 0


async def test_a_backlog_is_worked_off() -> None:
    """What waited at a start is confirmed."""
    town = PublicService(groups=5, channels=3, people=60)
    worked_off, _ = await busy.of_backlog(Ground(town=town, environ=mixed.UNLIMITED), 300)
    assert worked_off.value > 0


def _named(figures: list[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}
