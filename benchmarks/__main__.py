"""`make bench`: measure, print a table, and write a JSON file."""

from __future__ import annotations

import asyncio
import platform
import sys
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks import day, memories, sweeping
from benchmarks.measures import Figure, everything

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    """Measure everything; 1 if an aim is missed."""
    figures = asyncio.run(_everything())
    Console().print(_table(figures))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    missed = [figure.name for figure in figures if not figure.met]
    if missed:
        sys.stderr.write(f"missed: {', '.join(missed)}\n")
    return 1 if missed else 0


async def _everything() -> list[Figure]:
    figures = await everything() + memories.of_process() + await memories.of_redis()
    return figures + await day.of_a_day() + await sweeping.of_sweeps()


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
