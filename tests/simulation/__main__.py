"""python -m tests.simulation: many lives in parallel, and the story of each that goes wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.simulation import Plan, digest, simulate

CHUNK = 10
MOST_STORIES = 5

Failure = tuple[int, str, str]
"""A seed, the promise that it broke first, and its story."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if every promise was kept."""
    asked = _parser().parse_args(arguments)
    if asked.digest:
        print("\n".join(digest(seed) for seed in asked.digest))
        return 0
    began = time.monotonic()
    failures = _run(asked.first, asked.seeds, asked.jobs)
    for number, (seed, promise, story) in enumerate(failures):
        print(story if number < MOST_STORIES else f"seed {seed}: {promise}", end="\n\n")
    took_s = time.monotonic() - began
    print(f"{asked.seeds} lives from seed {asked.first} in {took_s:.0f} s: {len(failures)} broke a promise")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=500, help="how many lives (500)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--jobs", type=int, default=None, help="how many at once (one a core)")
    parser.add_argument("--digest", type=int, nargs="+", help="only print the digests of these seeds")
    return parser


def _run(first: int, count: int, jobs: int | None) -> list[Failure]:
    starts = range(first, first + count, CHUNK)
    sizes = [min(CHUNK, first + count - start) for start in starts]
    failures: list[Failure] = []
    if jobs == 1:
        return [failure for start, size in zip(starts, sizes, strict=True) for failure in _live(start, size)]
    with ProcessPoolExecutor(jobs) as pool:
        for done, found in enumerate(pool.map(_live, starts, sizes), start=1):
            failures += found
            lived = min(done * CHUNK, count)
            print(f"{lived} lives, {len(failures)} broke a promise", file=sys.stderr, flush=True)
    return failures


def _live(first: int, count: int) -> list[Failure]:
    lives = (simulate(Plan(seed=seed)) for seed in range(first, first + count))
    return [(life.seed, life.broken[0].promise, life.story()) for life in lives if life.broken]


if __name__ == "__main__":
    sys.exit(main())
