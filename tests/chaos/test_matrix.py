"""A bad network before each dependency: eight of the 96 cells that `make chaos` plays, each trouble once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.chaos.arena import POSTGRES, REDIS, TELEGRAM, Servers
from tests.chaos.cells import Cell, Phase, all_cells, play
from tests.fixtures.proxy import Trouble

LASTING_S = 2.0
HALVES = (
    (
        Cell(POSTGRES, Trouble.DOWN, Phase.START),
        Cell(POSTGRES, Trouble.CUT, Phase.MIDDLE),
        Cell(REDIS, Trouble.HANG, Phase.STEADY),
        Cell(TELEGRAM, Trouble.LATENCY, Phase.SHUTDOWN),
    ),
    (
        Cell(POSTGRES, Trouble.SLOW_CLOSE, Phase.SHUTDOWN),
        Cell(REDIS, Trouble.BANDWIDTH, Phase.STEADY),
        Cell(TELEGRAM, Trouble.RESET, Phase.MIDDLE),
        Cell(TELEGRAM, Trouble.SLOW_DATA, Phase.START),
    ),
)


@pytest.mark.parametrize("cells", HALVES, ids=["first", "second"])
async def test_nobody_is_wronged_and_it_recovers_alone(
    servers: Servers, tmp_path: Path, cells: tuple[Cell, ...]
) -> None:
    """Whatever the network does, and whenever: `play` names the promise that was not kept."""
    async with asyncio.TaskGroup() as group:
        for number, cell in enumerate(cells):
            folder = tmp_path / f"cell-{number}"
            folder.mkdir()
            group.create_task(play(cell, servers, folder, seed=number, lasting_s=LASTING_S))


def test_the_matrix_is_whole() -> None:
    """Three dependencies, eight troubles, four moments."""
    assert len(set(all_cells())) == 96
