"""What is measured, each with its aim."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence

from benchmarks.figures import Figure
from benchmarks.raid import STRANGERS, Raid, ideal_s, raid
from benchmarks.rig import Rig, running

STARTS = 5
ARRIVALS = 100
PER_S = 5.0
MESSAGES = 5_000
MEMBERS = 50


async def starts() -> list[Figure]:
    """Return how long a start takes and what it weighs: medians of five."""
    seconds, weights = [], []
    for _ in range(STARTS):
        async with running() as rig:
            await asyncio.sleep(1.0)
            seconds.append(rig.started_s)
            weights.append(rig.memory_mib())
    return [
        Figure("start → first getUpdates", statistics.median(seconds), "s", 0.6, 0.9),
        Figure("memory after start", statistics.median(weights), "MiB", 60, 85),
    ]


async def latencies(rig: Rig) -> list[Figure]:
    """Return join → mute and subscribe → release, at five a second."""
    joins, releases = [], []
    for number in range(ARRIVALS):
        began = time.perf_counter()
        user = rig.world.add_user(f"Stranger {number}")
        joins.append(await _until_called(rig, user, lambda u: rig.world.join(u, rig.group)))
        releases.append(await _until_called(rig, user, lambda u: rig.world.subscribe(u, rig.channel)))
        await asyncio.sleep(max(0.0, 1 / PER_S - (time.perf_counter() - began)))
    return _quantiles("join → restrictChatMember", joins) + _quantiles("subscribe → release", releases)


async def _until_called(rig: Rig, user: int, act) -> float:  # type: ignore[no-untyped-def]
    waiting = asyncio.ensure_future(rig.call("restrictChatMember", user_id=user))
    await asyncio.sleep(0)
    began = time.perf_counter()
    act(user)
    return (await waiting - began) * 1_000


def _quantiles(name: str, milliseconds: Sequence[float]) -> list[Figure]:
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    aims = {"p50": 20.0, "p95": 20.0, "p99": 20.0}
    return [Figure(f"{name} {label}", cuts[int(label[1:]) - 1], "ms", aim) for label, aim in aims.items()]


async def messages(rig: Rig) -> list[Figure]:
    """Return what an ordinary message by a known member costs, in our CPU and in calls."""
    members = [rig.world.add_user(f"Member {number}") for number in range(MEMBERS)]
    for member in members:
        rig.world.subscribe(member, rig.channel)
        rig.world.join(member, rig.group)
        rig.world.say(member, rig.group, "first sight")
    await rig.drained()
    await asyncio.sleep(1.0)
    calls, cpu_s = _calls(rig), rig.cpu_s()
    for number in range(MESSAGES):
        rig.world.say(members[number % MEMBERS], rig.group, f"ordinary message {number}")
        if number % 100 == 0:
            await rig.drained()
    await rig.drained()
    spent_us = (rig.cpu_s() - cpu_s) / MESSAGES * 1e6
    return [
        Figure("CPU per ordinary message", spent_us, "µs", 500, 9_500),
        Figure("API calls per ordinary message", (_calls(rig) - calls) / MESSAGES, "", 0, 1),
    ]


def _calls(rig: Rig) -> int:
    housekeeping = {"getUpdates", "getWebhookInfo"}
    return sum(call.method not in housekeeping for call in rig.simulator.calls)


async def raids() -> list[Figure]:
    """Return what a thousand joins in one group do to another one; its aims follow its quiet values."""
    seen: Raid = await raid()
    ideal = f"all {STRANGERS:,} raiders muted (the send budget alone: {ideal_s():.1f} s)"
    return [
        Figure("quiet group, join → mute p50", seen.quiet_p50, "ms", 20.0),
        Figure("quiet group, join → mute p99", seen.quiet_p99, "ms", 20.0),
        Figure("the same while another is raided, p50", seen.during_p50, "ms", seen.quiet_p50 * 1.2),
        Figure("the same while another is raided, p99", seen.during_p99, "ms", seen.quiet_p99 * 1.2, 200_000),
        Figure("the same without the first second, p99", seen.settled_p99, "ms", seen.quiet_p99 * 1.2),
        Figure(ideal, seen.all_muted_s, "s", ideal_s() * 1.5),
        Figure("429s that the raid provoked", seen.refused, "", 0),
        Figure("raiders muted twice", seen.muted_twice, "", 0),
        Figure("messages to the raided group in a minute", seen.most_messages_a_minute, "", 20),
    ]


async def everything() -> list[Figure]:
    """Return every figure."""
    figures = await starts()
    async with running() as rig:
        await rig.drained()
        await rig.protect()
        figures += await latencies(rig)
        figures += await messages(rig)
    return figures
