"""Five hundred lives, in none of which a promise is broken."""

from __future__ import annotations

import pytest
from tests.simulation.seeds import NAMED
from tests.simulation.simulation import Plan, simulate

LIVES = 500
AT_ONCE = 10


@pytest.mark.parametrize("first", range(0, LIVES, AT_ONCE))
def test_no_promise_is_broken(first: int) -> None:
    """Ten lives from consecutive seeds; a failure tells the story of the first that went wrong."""
    for seed in range(first, first + AT_ONCE):
        _live(seed)


@pytest.mark.parametrize("seed", NAMED, ids=lambda seed: f"seed {seed}")
def test_what_went_wrong_once_goes_right(seed: int) -> None:
    """A life that once broke a promise: see `seeds.NAMED` for which."""
    _live(seed)


def _live(seed: int) -> None:
    life = simulate(Plan(seed=seed))
    if life.broken:
        pytest.fail(life.story(), pytrace=False)
