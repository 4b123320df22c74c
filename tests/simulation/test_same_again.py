"""The same seed is the same life: byte for byte, here and in any other process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.simulation import Plan, simulate

SEEDS = (4, 36, 70)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_lives_the_same_life_twice(seed: int) -> None:
    """Every line of both journals, and how many turns the loop took, are the same."""
    first, again = simulate(Plan(seed=seed)), simulate(Plan(seed=seed))
    assert first.journal.lines == again.journal.lines
    assert first.turns == again.turns


def test_a_seed_lives_the_same_life_in_another_process() -> None:
    """Neither the hashes of strings nor where things lie in memory make a difference."""
    digests = {_elsewhere(str(salt)) for salt in (0, 1, 4711)}
    assert digests == {"\n".join(simulate(Plan(seed=seed)).digest for seed in SEEDS)}


def _elsewhere(salt: str) -> str:
    command = [sys.executable, "-m", "tests.simulation", "--digest", *map(str, SEEDS)]
    environment = os.environ | {"PYTHONHASHSEED": salt}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.strip()
