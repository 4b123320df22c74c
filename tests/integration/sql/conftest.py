"""Databases that a test may break."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gmbot.adapters.sql.database import Database, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.ids import BotId
from gmbot.gate.events import Event


@pytest.fixture
def events() -> list[Event]:
    """What the store emitted."""
    return []


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database of this test's own, on each engine."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database, events: list[Event]) -> SqlStore:
    """One bot's store on it."""
    return SqlStore(database, BotId(1), events.append)
