"""Every query of the store finds its rows by an index, and every index is used by a query."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import Connection, event
from tests.contract.store.material import AT, CHANNEL, GROUP, USER, full

from gmbot.adapters.sql.database import Sqlite, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.sql.tables import metadata
from gmbot.domain.ids import BotId, GroupId, UserId
from gmbot.gate.changes import Changes


@pytest.fixture
async def plans(sqlite_url: str) -> AsyncIterator[list[str]]:
    """How SQLite finds the rows of every statement of every method of the store."""
    database = await open_database(sqlite_url)
    assert isinstance(database, Sqlite)
    found: list[str] = []

    def explain(db: Connection, cursor: Any, statement: str, parameters: Any, *rest: object) -> None:
        if not statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")):
            return
        values = parameters[0] if parameters and isinstance(parameters, list) else parameters
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        found.extend(f"{line[3]} -- {statement}" for line in plan)

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", explain)
    await _visit_everything(SqlStore(database, BotId(1), lambda event: None))
    yield found
    await database.close()


async def _visit_everything(store: SqlStore) -> None:
    whole = full(1)
    await store.apply(whole)
    await store.apply(Changes(paid=whole.owed, postponed=whole.owed, unguarded=(GroupId(-5),)))
    await store.apply(Changes(owed=whole.owed))
    await store.groups()
    await store.channels()
    await store.revision()
    await store.memberships([(USER, CHANNEL)])
    await store.standing(GROUP, USER)
    await store.hold(GROUP, USER)
    await store.person(GROUP, USER, [CHANNEL])
    await store.holds_in(GROUP, UserId(0), 9)
    await store.told(GROUP)
    await store.untold(GROUP, AT, 9)
    await store.holds_of(USER)
    await store.count_holds()
    await store.claim(AT, 60, 9)
    await store.bring_forward(AT, 60, 1)
    await store.next_due()
    await store.audit(GROUP, 9)
    await store.known(GROUP, [CHANNEL], UserId(0), 9)
    await store.sweeps()


def test_no_query_reads_a_whole_table(plans: list[str]) -> None:
    """Whatever is looked for is found by key, however many bots and people there are."""
    scans = [plan for plan in plans if plan.startswith("SCAN")]
    assert [plan for plan in scans if not plan.startswith(("SCAN urgencies", "SCAN CONSTANT ROW"))] == []


def test_nothing_is_sorted_where_an_index_has_the_order(plans: list[str]) -> None:
    """Only the few urgencies that there are, and the few channels of a rule, are sorted."""
    sorting = [plan for plan in plans if "TEMP B-TREE" in plan]
    assert all("FROM groups" in plan or "FROM urgencies" in plan for plan in sorting)


INDEXES = sorted(str(index.name) for table in metadata.tables.values() for index in table.indexes)


@pytest.mark.parametrize("name", INDEXES)
def test_every_index_earns_its_writes(plans: list[str], name: str) -> None:
    """An index that no query uses only costs."""
    assert any(f"INDEX {name} " in plan for plan in plans)
