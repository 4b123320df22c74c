"""What it costs to be looked at: metrics, log lines, a scrape a second, and a Sentry that does not answer."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec

from benchmarks import machine
from benchmarks.children import Ground, Subject, at_work
from benchmarks.figures import Figure, sample
from benchmarks.floor import messages
from benchmarks.ordinary import polled

BLIND = ("benchmarks.blind",)
ROUNDS = 5
STARTS = 5
SETTLE_S = 3.0
"""How long after its start a process is weighed: what is loaded in the background is there by then."""

MOST_US, MOST_SHARE, MOST_MIB, MOST_START_MS = 15.0, 0.05, 5.0, 100.0


class Load(msgspec.Struct, frozen=True):
    """How many messages a round has, and how often the starts are repeated."""

    messages: int = 20_000
    starts: int = STARTS
    settle_s: float = SETTLE_S


@contextmanager
def _silent_sentry() -> Iterator[dict[str, str]]:
    """Yield the settings of a Sentry that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"SENTRY_DSN": f"http://key@127.0.0.1:{server.getsockname()[1]}/1"}


@asynccontextmanager
async def _scraped(subject: Subject) -> AsyncIterator[None]:
    """Have somebody look at the metrics every second, as Prometheus does at most."""

    async def look() -> None:
        while True:
            await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{subject.ops_port}/metrics")
            await asyncio.sleep(1.0)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def of_observability(load: Load | None = None) -> list[Figure]:
    """Return what being looked at costs, per update, in memory and at the start."""
    load = load or Load()
    with _silent_sentry() as sentry:
        seen, blind = Ground(environ=sentry), Ground(module=BLIND)
        async with at_work(blind) as off, at_work(seen) as on, _scraped(on):
            await asyncio.sleep(load.settle_s)
            weights = [machine.resident_mib(off.pid), machine.resident_mib(on.pid)]
            pairs = await _in_turns(off, on, load.messages)
        starts = await _starts(sentry, load.starts)
    off_us, on_us = sample(pair[0] for pair in pairs), sample(pair[1] for pair in pairs)
    more = sample(pair[1] - pair[0] for pair in pairs)
    return [
        off_us.figure("ordinary message, nobody looks: CPU", "µs"),
        on_us.figure("ordinary message, all is looked at: CPU", "µs"),
        more.figure("observability: CPU per update", "µs", aim=MOST_US),
        Figure("observability: share of an update", more.median / off_us.median, "", MOST_SHARE),
        Figure("observability: memory", weights[1] - weights[0], "MiB", MOST_MIB),
        Figure("Sentry: a start takes longer by", starts, "ms", MOST_START_MS),
    ]


async def _in_turns(off: Subject, on: Subject, count: int) -> list[tuple[float, float]]:
    """Return what a message costs both, in µs of CPU, round by round, after everybody was seen once."""
    pairs = []
    next_id = 1
    for number in range(ROUNDS + 1):
        many = count if number else off.town.people
        pair = (await _one(off, next_id, many), await _one(on, next_id, many))
        next_id += many
        if number:
            pairs.append(pair)
        else:
            await off.quiet()
            await on.quiet()
    return pairs


async def _one(subject: Subject, first_id: int, count: int) -> float:
    bodies = messages(subject.town, first_id, count, int(time.time()))
    before = subject.cpu_s()
    await polled(subject, bodies)
    return (subject.cpu_s() - before) * 1e6 / count


async def _starts(sentry: dict[str, str], repeats: int) -> float:
    """Return how many milliseconds longer the median start is with Sentry."""
    without: list[float] = []
    with_it: list[float] = []
    for _ in range(repeats):
        for ground, took in ((Ground(), without), (Ground(environ=sentry), with_it)):
            async with at_work(ground) as subject:
                took.append(subject.ready_s)
    return (sample(with_it).median - sample(without).median) * 1000
