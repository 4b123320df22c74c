"""What a process holds, as the kernel and its own census tell; and whether that grew."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

MIB = 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
MOST_GROWTH = 0.05


class Sample(msgspec.Struct, frozen=True):
    """What a process held at one moment, `at` seconds after the start. `updates`: dealt with so far."""

    at: float
    rss: int
    descriptors: int
    threads: int
    tasks: int
    cpu_s: float
    updates: int


def take(pid: int, *, at: float, tasks: int, updates: int) -> Sample:
    """Return what a process holds now."""
    proc = Path("/proc") / str(pid)
    pages = int((proc / "statm").read_text().split()[1])
    fields = (proc / "stat").read_text().rpartition(")")[2].split()
    return Sample(
        at=at,
        rss=pages * PAGE,
        descriptors=len(os.listdir(proc / "fd")),
        threads=len(os.listdir(proc / "task")),
        tasks=tasks,
        cpu_s=(int(fields[11]) + int(fields[12])) / TICKS,
        updates=updates,
    )


class Verdict(msgspec.Struct, frozen=True):
    """The first tenth after the warm-up compared with the last tenth: medians, and the growth of memory."""

    early: Sample
    late: Sample
    growth: float

    @property
    def leaks(self) -> list[str]:
        """What grew that must not, one sentence each."""
        found = []
        if self.growth > MOST_GROWTH:
            found.append(f"memory grew by {self.growth:.1%}; {MOST_GROWTH:.0%} are allowed")
        for name, slack in (("descriptors", 4), ("threads", 1), ("tasks", 10)):
            before, after = getattr(self.early, name), getattr(self.late, name)
            if after > before + slack:
                found.append(f"{name} grew from {before} to {after}")
        return found


def judge(samples: Sequence[Sample], warm_s: float) -> Verdict:
    """Return what became of a process's size after `warm_s` seconds. Raises ValueError without samples."""
    warm = [sample for sample in samples if sample.at >= warm_s]
    share = max(1, len(warm) // 10)
    early, late = _middle(warm[:share]), _middle(warm[-share:])
    return Verdict(early, late, late.rss / early.rss - 1)


def _middle(samples: Sequence[Sample]) -> Sample:
    fields = Sample.__struct_fields__
    return Sample(*(statistics.median_low([getattr(one, name) for one in samples]) for name in fields))


def line(sample: Sample) -> str:
    """Return a row of the table."""
    size = f"{sample.rss / MIB:.1f}"
    return (
        f"| {sample.at / 60:.0f} | {sample.updates} | {size} | {sample.descriptors} | {sample.threads} | "
        f"{sample.tasks} | {sample.cpu_s:.0f} |"
    )


HEAD = (
    "| minute | updates | memory (MiB) | descriptors | threads | tasks | CPU (s) |\n"
    "|---|---|---|---|---|---|---|"
)
