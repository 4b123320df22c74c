"""`make soak`: an hour at 200 updates a second, as a table; ends with 1 if anything leaked or was wrong."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tests.soak.census import HEAD, MIB, Sample, line
from tests.soak.run import Outcome, Plan, soak

ROWS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak as long as told, print what was seen and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--rate", type=float, default=200.0, help="updates a second (200)")
    parser.add_argument("--webhook", action="store_true", help="have updates brought instead of fetched")
    parser.add_argument("--seed", type=int, default=1, help="another life (1)")
    options = parser.parse_args(arguments)
    seconds = options.minutes * 60
    plan = Plan(
        seconds=seconds,
        warm_s=seconds / 6,
        rate_per_s=options.rate,
        every_s=min(10.0, seconds / 60),
        seed=options.seed,
        webhook=options.webhook,
    )
    rows = Rows(seconds / ROWS)
    sys.stdout.write(HEAD + "\n")
    return report(asyncio.run(soak(plan, rows)))


class Rows:
    """Prints a sample now and then."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due = 0.0

    def __call__(self, sample: Sample) -> None:
        """Print it if it is time for a row."""
        if sample.at >= self._due:
            self._due = sample.at + self._every_s
            sys.stdout.write(line(sample) + "\n")
            sys.stdout.flush()


def report(outcome: Outcome) -> int:
    """Print what became of it; return 1 if anything leaked or anybody was wrong at the end."""
    early, late, muted, loud = outcome.verdict.early, outcome.verdict.late, *outcome.wrong
    sys.stdout.write(
        f"\nmemory: {early.rss / MIB:.1f} MiB after the warm-up, {late.rss / MIB:.1f} MiB at the end "
        f"({outcome.verdict.growth:+.1%})\n"
        f"descriptors {early.descriptors} to {late.descriptors}, threads {early.threads} to {late.threads}, "
        f"tasks {early.tasks} to {late.tasks}\n"
        f"at rest: {outcome.resting.tasks} tasks, {outcome.resting.descriptors} descriptors\n"
        f"people did {outcome.acts} things; {outcome.settled_s:.1f} s later all was as it should be\n"
        f"at the end: {muted} wrongly muted, {loud} wrongly free, {outcome.pending} updates waiting, "
        f"{outcome.set_aside} set aside\n"
        f"stopped in {outcome.stopped_s:.1f} s with exit code {outcome.exit_code}\n"
    )
    problems = outcome.verdict.leaks
    if any((muted, loud, outcome.pending, outcome.set_aside, outcome.exit_code)):
        problems.append("not everything was as it should be at the end")
    for problem in problems:
        sys.stdout.write(f"FAILED: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
