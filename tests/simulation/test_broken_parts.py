"""The oracles bite: whatever is broken on purpose is found within a few lives."""

from __future__ import annotations

import pytest
from tests.simulation.planted import PLANTED
from tests.simulation.simulation import simulate

MOST_LIVES = 60
"""The rarest, a question that fails taken for an OUT, shows in 6 lives of 100; the others within 16."""


@pytest.mark.parametrize("what", PLANTED)
def test_a_broken_part_is_found(what: str) -> None:
    """One life in so many, at least, shows what is broken."""
    lives = (simulate(PLANTED[what](seed)) for seed in range(MOST_LIVES))
    assert any(life.broken for life in lives), f"{what}: nobody noticed"
