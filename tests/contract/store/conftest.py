"""Every Store there is, each as a family of bots on one database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path

import pytest
from tests.fixtures.postgres import PostgresServer

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.sql.database import Database, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.ids import BotId
from gmbot.gate.events import Event
from gmbot.gate.ports import Store


class Bots:
    """Makes stores of bots that share one database."""

    def __init__(self, make: Callable[[BotId], Store], numbers: count[int]) -> None:
        self.of = make
        self._numbers = numbers

    def new(self) -> Store:
        """Return the store of a bot that has nothing yet."""
        return self.of(self.new_id())

    def new_id(self) -> BotId:
        """Return the id of a bot that has nothing yet."""
        return BotId(next(self._numbers))


@pytest.fixture(scope="session")
def bot_numbers() -> count[int]:
    """Ids of bots, no two alike, so that tests may share a database."""
    return count(1)


@pytest.fixture(scope="session")
def shared_sqlite_url(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an SQLite file that the contract tests share."""
    path = tmp_path_factory.mktemp("contract") / "shared.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: PostgresServer, migrated_postgres: str) -> str:
    """The address of a PostgreSQL database that the contract tests share."""
    return postgres_server.url(postgres_server.create(migrated_postgres))


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An open database with GMBot's tables, on each engine."""
    opened = await open_database(request.getfixturevalue(f"shared_{request.param}_url"))
    yield opened
    await opened.close()


@pytest.fixture
def events() -> list[Event]:
    """What the stores of this test emitted."""
    return []


@pytest.fixture
def sql_bots(database: Database, events: list[Event], bot_numbers: count[int]) -> Bots:
    """Stores on a real database."""
    return Bots(lambda bot: SqlStore(database, bot, events.append), bot_numbers)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def bots(
    request: pytest.FixtureRequest, events: list[Event], bot_numbers: count[int]
) -> AsyncIterator[Bots]:
    """Stores of each kind."""
    if request.param == "memory":
        memory = MemoryDatabase()
        yield Bots(lambda bot: MemoryStore(bot, memory), bot_numbers)
        return
    opened = await open_database(request.getfixturevalue(f"shared_{request.param}_url"))
    yield Bots(lambda bot: SqlStore(opened, bot, events.append), bot_numbers)
    await opened.close()


@pytest.fixture
def store(bots: Bots) -> Store:
    """The store of one bot that has nothing yet, of each kind."""
    return bots.new()
