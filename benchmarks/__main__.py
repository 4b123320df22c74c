"""`make bench`: measure, print a table, and write a JSON file."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import database, day, memories, sweeping
from benchmarks.measures import Figure, everything, raids

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    """Measure the parts that are named, or all that do not take long; 1 if an aim is missed."""
    figures = asyncio.run(_measured(_wanted()))
    Console().print(_table(figures))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    missed = [figure.name for figure in figures if not figure.met]
    if missed:
        sys.stderr.write(f"missed: {', '.join(missed)}\n")
    return 1 if missed else 0


async def _memories() -> list[Figure]:
    return memories.of_process() + await memories.of_redis()


PARTS: Final[Mapping[str, Callable[[], Awaitable[list[Figure]]]]] = {
    "basics": everything,
    "raid": raids,
    "memories": _memories,
    "day": day.of_a_day,
    "sweeps": sweeping.of_sweeps,
    "database": database.of_databases,
}
LONG: Final = frozenset({"database"})
"""What takes minutes, and so is measured only when it is named."""


async def _measured(parts: Iterable[str]) -> list[Figure]:
    return [figure for part in parts for figure in await PARTS[part]()]


def _wanted() -> list[str]:
    parser = argparse.ArgumentParser("benchmarks", description="Measure GMBot on this machine.")
    usual = [part for part in PARTS if part not in LONG]
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    named: list[str] = parser.parse_args().parts
    if unknown := set(named) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    return named or usual


def _table(figures: list[Figure]) -> Table:
    table = Table(title=f"GMBot, Python {platform.python_version()}, one process, SQLite, polling, loopback")
    for heading in ("measure", "value", "aim", "met", "python-telegram-bot job, elsewhere"):
        table.add_column(heading, justify="left" if heading == "measure" else "right")
    for figure in figures:
        elsewhere = "" if figure.elsewhere is None else f"{figure.elsewhere:,g} {figure.unit}"
        value, aim = f"{figure.value:,.2f} {figure.unit}", f"≤ {figure.aim:,g} {figure.unit}"
        table.add_row(figure.name, value, aim, "yes" if figure.met else "NO", elsewhere)
    return table


if __name__ == "__main__":
    sys.exit(main())
