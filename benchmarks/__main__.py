"""`make bench`: measure, print a table, and write a JSON file."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable

import uvloop
from rich.console import Console

from benchmarks import machine, results
from benchmarks.figures import Figure
from benchmarks.parts import LONG, PARTS

WIDTH = 150
"""Of a table that is not shown on a terminal."""


def main() -> int:
    """Measure the parts that are named, or all that do not take long; 1 if an aim is missed."""
    wanted = _wanted()
    machine.pin_load()
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = [figure for part in wanted for figure in _measured(runner, part, console)]
    missed = [figure.name for figure in figures if not figure.met]
    if missed:
        sys.stderr.write(f"missed: {', '.join(missed)}\n")
    return 1 if missed else 0


def _measured(runner: asyncio.Runner, part: str, console: Console) -> Iterable[Figure]:
    """Show and keep each part's figures as soon as they are there."""
    figures = runner.run(PARTS[part]())
    console.print(results.table(part, figures))
    results.keep(part, figures)
    return figures


def _wanted() -> list[str]:
    parser = argparse.ArgumentParser("benchmarks", description="Measure GMBot on this machine.")
    usual = [part for part in PARTS if part not in LONG]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    named: list[str] = parser.parse_args().parts
    if unknown := set(named) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    return named or usual


if __name__ == "__main__":
    sys.exit(main())
