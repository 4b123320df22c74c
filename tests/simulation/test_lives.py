"""Five hundred lives, in none of which a promise is broken."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from tests.simulation.seeds import NAMED
from tests.simulation.simulation import Plan, simulate

LIVES = 500
AT_ONCE = 50
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("first", range(0, LIVES, AT_ONCE))
async def test_no_promise_is_broken(first: int) -> None:
    """Fifty lives from consecutive seeds; a failure tells the story of whichever went wrong.

    They are lived in a process of their own: measuring their coverage would cost more than living them.
    """
    command = ("-m", "tests.simulation", "--first", str(first), "--seeds", str(AT_ONCE), "--jobs", "1")
    lives = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    told, _ = await lives.communicate()
    if lives.returncode != 0:
        pytest.fail(told.decode(), pytrace=False)


@pytest.mark.parametrize("seed", NAMED, ids=lambda seed: f"seed {seed}")
def test_what_went_wrong_once_goes_right(seed: int) -> None:
    """A life that once broke a promise: see `seeds.NAMED` for which."""
    life = simulate(Plan(seed=seed))
    if life.broken:
        pytest.fail(life.story(), pytrace=False)
