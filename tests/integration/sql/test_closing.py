"""SQLite at its close: what waits is done, what comes later is refused as any outage is."""

from __future__ import annotations

import asyncio

import pytest

from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.reads import ping
from gmbot.domain.errors import Unavailable


async def test_what_waits_at_the_close_is_still_done(sqlite_url: str) -> None:
    """Nobody's work is lost because somebody else ends the process."""
    database = await open_database(sqlite_url)
    waiting = [asyncio.create_task(database.read(ping)) for _ in range(200)]
    await asyncio.sleep(0)
    await database.close()
    assert [task.exception() for task in waiting] == [None] * 200


async def test_a_closed_database_is_unavailable(sqlite_url: str) -> None:
    """A task that outlives the database meets an outage, not an error that nobody foresaw."""
    database = await open_database(sqlite_url)
    await database.close()
    with pytest.raises(Unavailable):
        await database.read(ping)
    with pytest.raises(Unavailable):
        await database.write(ping)
