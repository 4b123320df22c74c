"""The demo's database that can be switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gmbot.adapters.sql.database import Database
from gmbot.adapters.sql.version import stored_version
from gmbot.demo.outage import Outage
from gmbot.domain.errors import Unavailable


@pytest.fixture
def outage() -> Outage:
    """No outage yet."""
    return Outage()


@pytest.fixture
async def database(outage: Outage, tmp_path: Path) -> AsyncIterator[Database]:
    """A database in a file, behind the switch."""
    database = await outage.open_database(f"sqlite:///{tmp_path}/gmbot.db")
    yield database
    await database.close()


async def test_without_an_outage_it_is_the_database(database: Database) -> None:
    """It reads and writes."""
    assert database.dialect == "sqlite"
    assert await database.read(stored_version) == await database.write(stored_version)


async def test_during_an_outage_it_is_unavailable_and_afterwards_it_is_back(
    database: Database, outage: Outage
) -> None:
    """As when it is really away."""
    outage.switch(True)
    with pytest.raises(Unavailable):
        await database.read(stored_version)
    with pytest.raises(Unavailable):
        await database.write(stored_version)
    outage.switch(False)
    assert await database.read(stored_version)
