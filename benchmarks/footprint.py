"""Starting, and what a process weighs."""

from __future__ import annotations

import asyncio
import time

import msgspec

from benchmarks import machine
from benchmarks.children import BASELINE, Ground, Subject, at_work
from benchmarks.figures import Figure, sample
from benchmarks.floor import messages
from benchmarks.ordinary import polled
from benchmarks.town import Town

STARTS = 5
AT_ONCE = 20_000


class Scale(msgspec.Struct, frozen=True):
    """How often a start is measured, how many people are known at last, and how long a bot settles, in s."""

    starts: int = STARTS
    known: int = 100_000
    settle_s: float = 1.0


class Started(msgspec.Struct, frozen=True):
    """What one start took until updates came: time, CPU, and resident memory a moment later."""

    seconds: float
    cpu_s: float
    mib: float


async def start_of(ground: Ground, scale: Scale) -> Started:
    """Return what one start takes."""
    async with at_work(ground) as subject:
        cpu_s = subject.cpu_s()
        await asyncio.sleep(scale.settle_s)
        return Started(subject.ready_s, cpu_s, machine.resident_mib(subject.pid))


async def _starts(ground: Ground, scale: Scale) -> list[Started]:
    """The first one brings files into the machine's memory and is not counted."""
    await start_of(ground, scale)
    return [await start_of(ground, scale) for _ in range(scale.starts)]


async def of_starts(scale: Scale | None = None) -> list[Figure]:
    """Return what a start takes until the first getUpdates, or until the webhook is set."""
    scale = scale or Scale()
    small = Ground(town=Town(groups=1, channels=1, people=1))
    polling = await _starts(small, scale)
    webhook = await _starts(msgspec.structs.replace(small, webhook=True), scale)
    plain = await _starts(msgspec.structs.replace(small, module=BASELINE), scale)
    there = {name: sample(getattr(one, name) for one in plain).median for name in ("seconds", "cpu_s", "mib")}
    return [
        sample(one.seconds for one in polling).figure(
            "start → first getUpdates", "s", aim=0.5, elsewhere=there["seconds"]
        ),
        sample(one.seconds for one in webhook).figure(
            "start → webhook ready", "s", aim=0.5, elsewhere=there["seconds"]
        ),
        sample(one.cpu_s for one in polling).figure("… CPU of it", "s", elsewhere=there["cpu_s"]),
        sample(one.mib for one in polling).figure(
            "memory after start", "MiB", aim=60, elsewhere=there["mib"]
        ),
    ]


async def of_footprint(scale: Scale | None = None) -> list[Figure]:
    """Return what starts take, and what a process weighs once it knows many people."""
    scale = scale or Scale()
    town = Town(groups=1_000, channels=300, people=scale.known)
    async with at_work(Ground(town=town)) as subject:
        cpu_s = await _met(subject)
        weight = machine.resident_mib(subject.pid)
    return [
        *await of_starts(scale),
        Figure(f"memory after {scale.known:,} known people", weight, "MiB", 85),
        Figure("CPU of a known person's first message", cpu_s / scale.known * 1e6, "µs"),
    ]


async def _met(subject: Subject) -> float:
    """Have everybody write once; return the CPU that it took, in seconds."""
    town, cpu_s = subject.town, subject.cpu_s()
    made = messages(town, 1, town.people, int(time.time()))
    for first in range(0, len(made), AT_ONCE):
        await polled(subject, made[first : first + AT_ONCE])
    return subject.cpu_s() - cpu_s
