"""`gmbot db-check`: every statement is shown, a missing index is named, nothing is changed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import Connection, event, text
from tests.contract.store import material
from tests.contract.store.material import full

from gmbot.adapters.sql.check import Examination, examine, pay
from gmbot.adapters.sql.database import Database, Sqlite, connect, open_database
from gmbot.adapters.sql.plans import normalised
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.sql.tables import metadata
from gmbot.adapters.sql.visits import VISITS, sample
from gmbot.cli import main
from gmbot.db_check import checked, problems, show
from gmbot.domain.errors import ConfigurationError
from gmbot.domain.ids import BotId
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Store
from gmbot.settings import Secret
from gmbot.telemetry.catalogue import TABLES

BOT = BotId(1)
EVERYTHING = "SELECT count(*), coalesce(sum(bot_id), 0) FROM"


def _contents(db: Connection) -> list[tuple[Any, ...]]:
    return [tuple(db.execute(text(f"{EVERYTHING} {table}")).one()) for table in sorted(metadata.tables)]


async def _seen(database: Database) -> set[str]:
    whom = await database.read(sample)
    return {one.statement for visit in VISITS for one in await pay(database, visit, whom)}


class Watched:
    """A database, the statements that db-check knows, and those that were run."""

    def __init__(self, database: Sqlite, known: set[str], ran: set[str]) -> None:
        self.database = database
        self.known = known
        self.ran = ran


@pytest.fixture
async def watched(sqlite_url: str) -> AsyncIterator[Watched]:
    """A database on which every statement is noted down."""
    database = await open_database(sqlite_url)
    assert isinstance(database, Sqlite)
    ran: set[str] = set()
    known = await _seen(database)

    def hear(db: Connection, cursor: Any, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            ran.add(normalised(statement))

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", hear)
    yield Watched(database, known, ran)
    await database.close()


def test_every_method_of_the_port_is_visited() -> None:
    """A new method of the store must be given a visit, or db-check would not know it."""
    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert {visit.method for visit in VISITS} == methods


@settings(max_examples=40, phases=[Phase.generate], deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(material.changes, min_size=1, max_size=4), number=st.integers(2, 2**40))
async def test_no_statement_is_unknown_to_db_check(
    watched: Watched, history: list[Changes], number: int
) -> None:
    """Whatever is stored, read or pruned, db-check shows the statements that do it."""
    store = SqlStore(watched.database, BotId(number), lambda event: None)
    for change in history:
        await store.apply(change)
        await store.claim(1.0, 1.0, 3)
    for table in Aging:
        await store.prune(Page(table=table, before=2.0, unrequired_before=3.0))
    assert watched.ran - watched.known == set()


async def test_nothing_is_wrong_with_gmbots_own_tables(database_url: str) -> None:
    """Each statement has a plan and a time, and no index is missing."""
    # Of an empty table PostgreSQL reads everything, whatever there is to find it by.
    strict = {"large": -1} if database_url.startswith("sqlite") else {}
    seen = await examine(database_url, rounds=2, **strict)
    assert problems(seen) == []
    assert seen.well
    assert all(
        query.plan or query.statement.startswith(("INSERT", "SELECT ?", "SELECT 1")) for query in seen.queries
    )


async def test_nothing_is_changed(database_url: str) -> None:
    """What is rehearsed is rolled back, down to the last row."""
    database = await open_database(database_url)
    await SqlStore(database, BOT, lambda event: None).apply(full(1))
    before = await database.read(_contents)
    await examine(database_url, rounds=1)
    assert await database.read(_contents) == before
    await database.close()


async def _without(url: str, index: str) -> Examination:
    database = await open_database(url)
    await SqlStore(database, BOT, lambda event: None).apply(full(1))
    await database.write(lambda db: db.execute(text(f"DROP INDEX {index}")).close())
    await database.close()
    return await examine(url, rounds=1, large=0)


@pytest.mark.parametrize(("index", "visit"), [("intents_due", "claim"), ("audit_of_group", "audit")])
async def test_a_missing_index_is_named(database_url: str, index: str, visit: str) -> None:
    """An operator is told the statement that makes it, and which visit reads everything without it."""
    seen = await _without(database_url, index)
    told = problems(seen)
    assert told[0].startswith(f"An index is missing; make it with: CREATE INDEX {index} ON ")
    assert any(problem.startswith(f"{visit}: reads all of the ") for problem in told)
    assert not seen.well


async def test_a_partial_index_is_named_with_its_condition(database_url: str) -> None:
    """Made without it, it would be another one."""
    told = problems(await _without(database_url, "holds_active"))
    assert told[0].endswith("ON holds (bot_id, group_id, user_id) WHERE state <> 'ended';")


async def test_tables_of_another_version_are_not_checked(sqlite_url: str) -> None:
    """It never migrates, and says who does."""
    await connect(sqlite_url).close()
    with pytest.raises(ConfigurationError, match="gmbot migrate"):
        await examine(sqlite_url)


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Looking must not leave an empty database behind."""
    path = tmp_path / "none.db"
    with pytest.raises(ConfigurationError, match="gmbot migrate"):
        await checked(Secret(f"sqlite:///{path}"))
    assert not path.exists()


async def test_the_table_names_every_visit(sqlite_url: str) -> None:
    """What is printed is what was seen, and how many rows there are."""
    await (await open_database(sqlite_url)).close()
    page = StringIO()
    show(await examine(sqlite_url, rounds=1), Console(file=page, width=250))
    printed = page.getvalue()
    assert [visit.name for visit in VISITS if visit.name not in printed] == []
    assert "memberships 0" in printed
    assert "Every query finds its rows by an index." in printed


def test_the_command_tells_by_its_exit_code(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when all is well, 1 when an index is missing."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "250")
    codes = [main(["migrate"]), main(["db-check"])]
    asyncio.run(_without(sqlite_url, "audit_of_group"))
    assert [*codes, main(["db-check"])] == [0, 0, 1]
    assert "CREATE INDEX audit_of_group ON audit (bot_id, group_id, entry_id);" in capsys.readouterr().out


def test_metrics_know_every_table() -> None:
    """How large a table is can be seen, whichever it is."""
    assert set(TABLES) == {*metadata.tables, "other"}
