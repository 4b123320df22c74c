"""`python -m tests.chaos matrix|kills|stops|circuits`: all of it, and the tables of docs/robustness.md."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos import circuits, report
from tests.chaos.arena import Arena, Servers, arena_on_postgres, arena_on_sqlite, opened_servers
from tests.chaos.cells import HARD, Cell, Seen, all_cells, play
from tests.chaos.kills import Toll, kill_often, stop_often, summed
from tests.fixtures.child import temporary_folder
from tests.fixtures.proxy import Trouble

from gmbot.adapters.sql.migrate import upgrade

LASTING_S = {Trouble.HANG: 16.0}
USUALLY_S = 8.0
A_ROUND = {"kills": 50, "stops": 25}
TIMES = {"kills": 500, "stops": 100}
ENGINES = ("SQLite", "PostgreSQL")
FAILURES = (AssertionError, TimeoutError, RuntimeError)

Lane = tuple[str, Callable[[Path, int], AbstractAsyncContextManager[Arena]]]


async def play_all(servers: Servers, cells: Sequence[Cell], at_once: int) -> list[Seen]:
    """Return what was seen in each cell; what went wrong is its story."""
    turns = asyncio.Semaphore(at_once)

    async def one(number: int, cell: Cell) -> Seen:
        async with turns:
            folder = Path(mkdtemp(prefix="gmbot-cell-"))
            try:
                seen = await play(
                    cell, servers, folder, seed=number, lasting_s=LASTING_S.get(cell.trouble, USUALLY_S)
                )
            except FAILURES as error:
                seen = Seen(cell, story=str(error))
                print(f"FAILED {cell.name} (seed {number}, log in {folder}): {error}", flush=True)
            else:
                shutil.rmtree(folder)
                print(f"{cell.name}: free again after {max(seen.worst_free_s, 0):.1f} s", flush=True)
            return seen

    return await asyncio.gather(*(one(number, cell) for number, cell in enumerate(cells)))


async def rounds(what: str, lane: Lane, times: int, seed: int) -> Toll | None:
    """Kill or stop GMBot so often on one database, in rounds; None as soon as one goes wrong."""
    engine, opened = lane
    tolls = []
    for begun in range(0, times, A_ROUND[what]):
        folder = Path(mkdtemp(prefix=f"gmbot-{what}-"))
        deed = kill_often if what == "kills" else stop_often
        now = min(A_ROUND[what], times - begun)
        try:
            async with opened(folder, seed) as arena:
                tolls.append(await deed(arena, now, seed))
        except FAILURES as error:
            print(f"FAILED {what} on {engine}, seed {seed}; what is left is in {folder}: {error}", flush=True)
            return None
        shutil.rmtree(folder)
        print(f"{what} on {engine}: {begun + now} of {times}, seed {seed}: {tolls[-1]}", flush=True)
        seed += 1
    return summed(tolls)


async def tolls(
    what: str, servers: Servers, template: Path, times: int, seed: int, *, engine: str | None
) -> str:
    """Return the lines of the table, both databases side by side; what went wrong has no figures."""
    lanes: list[Lane] = [
        ("SQLite", lambda folder, number: arena_on_sqlite(template, folder, number)),
        ("PostgreSQL", lambda folder, number: arena_on_postgres(servers, folder, number)),
    ]
    lanes = [lane for lane in lanes if engine in {None, lane[0]}]
    found = await asyncio.gather(*(rounds(what, lane, times, seed) for lane in lanes))
    last = seed + (times - 1) // A_ROUND[what]
    return "".join(
        report.toll_line(what, lane[0], toll, (seed, last))
        if toll
        else f"| {what} | {lane[0]} | **failed**, see the log | | | | | | | |\n"
        for lane, toll in zip(lanes, found, strict=True)
    )


def main() -> int:
    """Run what is asked for; the exit code tells whether every promise was kept."""
    options = _options()
    began = time.monotonic()
    with opened_servers() as servers:
        if options.what == "matrix":
            text = _matrix(servers, options)
        elif options.what == "circuits":
            text = circuits.HEAD + asyncio.run(_circuits(servers, options.seed))
        else:
            template = servers.folder / "template.db"
            asyncio.run(upgrade(f"sqlite:///{template}"))
            times = options.times or TIMES[options.what]
            text = report.TOLL_HEAD + asyncio.run(
                tolls(options.what, servers, template, times, options.seed, engine=options.engine)
            )
    print(f"{options.what}: {time.monotonic() - began:.0f} s", flush=True)
    if options.only is None and options.engine is None:
        report.write(options.what, text)
    print(text)
    return 1 if "**" in text else 0


def _matrix(servers: Servers, options: argparse.Namespace) -> str:
    cells = [cell for cell in all_cells() if options.only is None or options.only in cell.name]
    # Long ones first, so that the last one to end is a short one.
    cells.sort(key=lambda cell: cell.trouble not in HARD)
    seen = asyncio.run(play_all(servers, cells, options.at_once))
    order = all_cells()
    return report.matrix_table(sorted(seen, key=lambda one: order.index(one.cell)))


async def _circuits(servers: Servers, seed: int) -> str:
    with temporary_folder("gmbot-circuits-") as folder:
        return "".join(outage.line() for outage in await circuits.suffer_all(servers, folder, seed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("what", choices=["matrix", "kills", "stops", "circuits"])
    parser.add_argument("--only", help="cells whose name has these words; writes no table")
    parser.add_argument("--at-once", type=int, default=4, help="cells that are played at the same time")
    parser.add_argument("--times", type=int, help="kills (500) or stops (100) on each database")
    parser.add_argument("--engine", choices=ENGINES, help="kills or stops on this one only; writes no table")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
