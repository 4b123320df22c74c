"""A day of 25 million messages in 13,000 groups: a slice of it, replayed; and half an hour's backlog."""

from __future__ import annotations

import asyncio
import os
import time
import urllib.request
from collections import Counter

import msgspec
from prometheus_client.parser import text_string_to_metric_families as parse

from benchmarks import machine
from benchmarks.children import Ground, Subject, at_work
from benchmarks.figures import Figure, sample
from benchmarks.mixed import UNLIMITED
from benchmarks.ordinary import polled
from benchmarks.strangers import on_servers
from benchmarks.traffic import Habits, PublicService, Traffic

ROUNDS = 5
RATE_PER_S = 290.0
AT_ONCE = 25_000
BACKLOG = 500_000
DOWN_S = 1_800


class Slice(msgspec.Struct, frozen=True):
    """How many updates are replayed before counting, in each counted round, and as a backlog.

    `GMBOT_BENCH_SCALE` multiplies the counted ones: 10 replays a tenth of a day.
    """

    town: PublicService = PublicService()
    before: int = 150_000
    round: int = 40_000
    backlog: int = BACKLOG


class Seen(msgspec.Struct, frozen=True):
    """What one round took: CPU, and counts of what GMBot told of itself."""

    cpu_s: float
    updates: int
    calls: Counter[str]
    told: dict[str, float]


_TOLD = ("bot_cache_hits_total", "bot_cache_misses_total")


async def _told(subject: Subject) -> dict[str, float]:
    """Return the sums of a few metrics, and how long Redis was asked by what came of it."""
    url = f"http://127.0.0.1:{subject.ops_port}/metrics"
    page = (await asyncio.to_thread(urllib.request.urlopen, url)).read().decode()
    samples = [one for family in parse(page) for one in family.samples]
    return {name: sum(one.value for one in samples if one.name == name) for name in _TOLD}


async def replay(subject: Subject, traffic: Traffic, count: int) -> Seen:
    """Replay so many updates; what is owed for them is part of the price."""
    calls, told, cpu_s = Counter(subject.telegram.calls), await _told(subject), 0.0
    for first in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - first)
        made = traffic.updates(subject.telegram.mailbox.next_id, some, int(time.time()))
        before_s = subject.cpu_s()
        await polled(subject, made)
        await subject.quiet(0.2, patience_s=1.0)
        cpu_s += subject.cpu_s() - before_s
    after = await _told(subject)
    made_calls = Counter(subject.telegram.calls) - calls
    return Seen(cpu_s, count, made_calls, {name: after[name] - told[name] for name in _TOLD})


async def of_a_busy_day(part: Slice | None = None) -> list[Figure]:
    """Return what the slice took per update, on PostgreSQL and Redis."""
    part = part or Slice()
    scale = int(os.environ.get("GMBOT_BENCH_SCALE", "1"))
    async with on_servers(part.town) as (ours, _, redis):
        ground = Ground(town=part.town, database=ours, environ=UNLIMITED | {"REDIS_URL": redis})
        async with at_work(ground) as subject:
            traffic = Traffic(part.town, Habits())
            await replay(subject, traffic, part.before)
            seen = [await replay(subject, traffic, part.round * scale) for _ in range(ROUNDS)]
            weight = machine.resident_mib(subject.pid)
    return [*_figures(seen), Figure("… memory after it", weight, "MiB")]


async def of_half_an_hour(part: Slice | None = None) -> list[Figure]:
    """Return how long a backlog takes, on PostgreSQL and Redis."""
    part = part or Slice()
    async with on_servers(part.town) as (ours, _, redis):
        ground = Ground(town=part.town, database=ours, environ=UNLIMITED | {"REDIS_URL": redis})
        return await of_backlog(ground, part.backlog)


def _figures(seen: list[Seen]) -> list[Figure]:
    updates = sum(one.updates for one in seen)
    calls = sum((one.calls for one in seen), Counter[str]())
    for housekeeping in ("getUpdates", "getWebhookInfo", "setMyCommands"):
        del calls[housekeeping]
    cpu_us = sample(one.cpu_s / one.updates * 1e6 for one in seen)
    hits, misses = (sum(one.told[name] for one in seen) for name in _TOLD)
    share = Habits().messages_a_day / updates
    note = f"{updates:,} updates, 1/{share:.0f} of a day"
    return [
        cpu_us.figure("a busy day: CPU per update", "µs", note=note),
        sample(us * RATE_PER_S / 1e4 for us in cpu_us.seen).figure(
            f"… of one core at {RATE_PER_S:.0f}/s", "%", aim=10
        ),
        Figure("… calls per 1,000 updates", calls.total() / updates * 1e3, ""),
        Figure("… of these, getChatMember", calls["getChatMember"] / updates * 1e3, ""),
        Figure("… verdicts from process memory or Redis", hits / max(hits + misses, 1) * 100, "%"),
    ]


async def of_backlog(ground: Ground, count: int) -> list[Figure]:
    """Work off what half an hour down left, after a start: everything was forgotten but what is stored."""
    assert isinstance(ground.town, PublicService)
    traffic = Traffic(ground.town, Habits(), seed=12)
    began_at = int(time.time()) - DOWN_S
    made: list[bytes] = []
    for first in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - first)
        moment = began_at + first * DOWN_S // count
        made += traffic.updates(ground.first_id + first, some, moment)
    async with at_work(ground) as subject:
        cpu_s, began = subject.cpu_s(), time.perf_counter()
        await polled(subject, made)
        took = time.perf_counter() - began
        cpu_s = subject.cpu_s() - cpu_s
    name = f"backlog of {count:,} updates"
    return [
        Figure(f"{name} worked off", took, "s", 60 * count / BACKLOG),
        Figure(f"{name}: CPU", cpu_s, "s"),
    ]
