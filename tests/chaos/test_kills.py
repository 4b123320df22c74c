"""A few of the kills and stops that `make chaos` makes by the hundred."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.chaos.arena import Arena, Servers, arena_on_postgres, arena_on_sqlite
from tests.chaos.kills import kill_often, stop_often

KILLS, STOPS = 5, 3
SEED = 17


@asynccontextmanager
async def arena_on(engine: str, request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Arena]:
    """Yield an arena on one of the two databases."""
    if engine == "sqlite":
        async with arena_on_sqlite(request.getfixturevalue("migrated_sqlite"), folder, SEED) as arena:
            yield arena
    else:
        servers: Servers = request.getfixturevalue("servers")
        async with arena_on_postgres(servers, folder, SEED) as arena:
            yield arena


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Everybody gets their due in the end, and each tap of the admin's counts once."""
    async with arena_on(engine, request, tmp_path) as arena:
        toll = await kill_often(arena, KILLS, SEED)
    assert toll.times == KILLS
    assert toll.updates > 0


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_stop_under_load_is_in_order_and_loses_nothing(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Not ready, no more updates, what is in hand finished, everything closed, and out in time."""
    async with arena_on(engine, request, tmp_path) as arena:
        toll = await stop_often(arena, STOPS, SEED)
    assert len(toll.out_s) == STOPS
