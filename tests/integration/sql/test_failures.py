"""What a database's failure looks like to the rest: Unavailable or one plain sentence, and no secret."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import asyncpg  # type: ignore[import-untyped]
import msgspec
import pytest
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.util import await_only
from tests.contract.store.material import AT, GROUP, USER, full, owed
from tests.fixtures.child import free_port
from tests.fixtures.postgres import PostgresServer

from gmbot.adapters.sql.database import Database, Work, connect, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.errors import ConfigurationError, Unavailable
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.events import Event, IntentFailed, QueryRan
from gmbot.gate.intents import Owed, Settle

CANARY = "canary-pa55word"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        f"mysql://user:{CANARY}@localhost/gmbot",
        f"nonsense {CANARY}",
        f"sqlite:////missing-folder/{CANARY}.db",
    ],
)
async def test_a_wrong_address_is_one_plain_sentence(url: str) -> None:
    """It names the variable and an example, and nothing secret."""
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        await open_database(url)
    assert CANARY not in str(caught.value)
    assert "example" in str(caught.value)


async def test_an_unreachable_postgres_is_one_plain_sentence() -> None:
    """Nobody listens there."""
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL .* cannot be reached") as caught:
        await open_database(f"postgresql://gmbot:{CANARY}@127.0.0.1:{free_port()}/gmbot")
    assert CANARY not in str(caught.value)


async def test_a_postgres_that_refuses_is_one_plain_sentence(postgres_server: PostgresServer) -> None:
    """No such database, or no such user."""
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL .* cannot be reached"):
        await open_database(postgres_server.url("missing"))


async def test_whoever_waits_is_told_apart_what_is_down_and_what_refuses(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """A start waits for the one, never for the other, nor for a file."""
    with pytest.raises(Unavailable):
        await open_database(f"postgresql://gmbot@127.0.0.1:{free_port()}/gmbot", may_be_down=True)
    for wrong in (postgres_server.url("missing"), f"sqlite:///{tmp_path / 'missing' / 'gmbot.db'}"):
        with pytest.raises(ConfigurationError):
            await open_database(wrong, may_be_down=True)


async def test_a_file_that_is_no_database_is_one_plain_sentence(tmp_path: Path) -> None:
    """A wrong file is not overwritten."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear Sir")


async def test_a_failed_write_writes_nothing(store: SqlStore) -> None:
    """When the last of many rows cannot be written, none is, and the update may come again."""
    unwritable = AuditEntry(AT, GROUP, USER, "x", subject_id=2**70)
    whole = full(9)
    with pytest.raises(Unavailable) as told:
        await store.apply(msgspec.structs.replace(whole, audit=(unwritable,)))
    assert told.value.hopeless
    assert (await store.groups(), await store.next_due()) == ([], None)
    assert await store.apply(whole)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55])
async def test_a_cancelled_write_is_whole_or_nothing(store: SqlStore, turns: int) -> None:
    """Whenever the process is told to stop, the update was applied or will be."""
    task = asyncio.ensure_future(store.apply(full(9)))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    landed = not await store.apply(Changes(update_id=UpdateId(9)))
    told = [await store.groups(), await store.hold(GROUP, USER), await store.next_due()]
    assert [bool(one) for one in told] == [landed] * 3


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'"
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


class Own(NamedTuple):
    """A database of PostgreSQL's that is a test's own, and a store in it."""

    server: PostgresServer
    name: str
    database: Database
    store: SqlStore

    def end_connections(self) -> None:
        """Have PostgreSQL end them all, and return when it has: nothing here has noticed by then."""
        self.server.run(KILL.format(self.name))
        while self.server.run(CONNECTED.format(self.name)) != "0":
            pass


@pytest.fixture
async def own(postgres_server: PostgresServer, migrated_postgres: str) -> AsyncIterator[Own]:
    """One for each test that ends its connections, or waits for locks."""
    name = postgres_server.create(migrated_postgres)
    database = await open_database(postgres_server.url(name))
    yield Own(postgres_server, name, database, SqlStore(database, BotId(1), lambda event: None))
    await database.close()
    postgres_server.drop(name)


async def test_a_killed_transaction_writes_nothing_and_the_next_one_works(own: Own) -> None:
    """PostgreSQL ends every connection in the middle of a write; the store recovers by itself."""
    rival = await asyncpg.connect(own.server.url(own.name).replace("+asyncpg", ""))
    await rival.execute("BEGIN; LOCK TABLE audit IN ACCESS EXCLUSIVE MODE")
    write = asyncio.ensure_future(own.store.apply(full(9)))
    while own.server.run(WAITING.format(own.name)) == "0":  # noqa: ASYNC110 (the server's doing, not ours)
        await asyncio.sleep(0.01)
    own.server.run(KILL.format(own.name))
    with pytest.raises(Unavailable, match="the database failed"):
        await write
    assert await own.store.groups() == []
    assert await own.store.apply(full(9))
    rival.terminate()


@pytest.mark.parametrize("kept", [1, 2, 3])
async def test_a_read_does_not_fail_for_connections_that_ended_unnoticed(own: Own, kept: int) -> None:
    """PostgreSQL ended them between two reads, and their ends lie unread: another is made, nobody is told."""
    await asyncio.gather(*(own.store.groups() for _ in range(kept)))
    own.end_connections()
    assert await asyncio.gather(*(own.store.groups() for _ in range(kept))) == [[]] * kept


async def test_a_connection_that_takes_anothers_place_commits_as_well(own: Own) -> None:
    """What is written through it by a statement of SQLAlchemy's stays written."""
    far = Owed(Settle(GROUP, USER), due_at=10_000.0, owed_at=100.0, token=1, attempts=3)
    assert await own.store.apply(Changes(owed=(far,)))
    own.end_connections()
    for _ in range(10):
        await asyncio.sleep(0)
    await own.store.bring_forward(200.0, 900.0, 15.0)
    assert await own.store.next_due() == 215.0


async def test_a_transaction_that_began_too_late_takes_nothing_with_it(
    postgres_server: PostgresServer, migrated_postgres: str
) -> None:
    """PostgreSQL hangs while one is begun: what is written afterwards is written, by another connection."""
    name = postgres_server.create(migrated_postgres)
    database = connect(postgres_server.url(name), command_timeout_s=0.3)
    store = SqlStore(database, BotId(1), lambda event: None)
    one = Owed(Settle(GROUP, USER), due_at=100.0, owed_at=100.0, token=1)
    assert await store.apply(Changes(owed=(one,)))
    pid = int(postgres_server.run(f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}'"))
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await store.apply(Changes(paid=(one,), owed=(msgspec.structs.replace(one, token=2),)))
        assert await store.apply(Changes(update_id=UpdateId(50)))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await store.apply(Changes(update_id=UpdateId(51)))
    assert postgres_server.run("SELECT count(*) FROM applied_updates", name) == "2"
    await database.close()
    postgres_server.drop(name)


async def test_connections_kept_at_hand_are_missed_by_nobody(own: Own) -> None:
    """While many writes wait for a lock, more read at once than connections are kept."""
    await asyncio.gather(*(own.store.groups() for _ in range(3)))
    rival = await asyncpg.connect(own.server.url(own.name).replace("+asyncpg", ""))
    await rival.execute("BEGIN; SELECT pg_advisory_xact_lock(7)")
    lock = text("SELECT pg_advisory_xact_lock(7)")
    waiting = [asyncio.ensure_future(own.database.write(lambda db: db.execute(lock))) for _ in range(7)]
    while own.server.run(WAITING.format(own.name)) != "7":  # noqa: ASYNC110 (the server's doing, not ours)
        await asyncio.sleep(0.01)
    assert await asyncio.gather(*(own.store.groups() for _ in range(4))) == [[]] * 4
    await rival.execute("COMMIT")
    await asyncio.gather(*waiting)
    await rival.close()


async def test_a_server_that_is_gone_and_comes_back_is_used_again(own: Own) -> None:
    """While it is away every visit is Unavailable at once; afterwards nothing needs a restart."""
    own.server.stop()
    try:
        for _ in range(3):
            with pytest.raises(Unavailable):
                await own.store.ping()
    finally:
        own.server.start()
    assert await own.store.apply(full(9))


async def test_a_deadlock_is_resolved_unseen(own: Own) -> None:
    """PostgreSQL undoes one of two transactions that wait for each other; it is simply done again."""
    here, there = (text("SELECT pg_advisory_xact_lock(:n)").bindparams(n=n) for n in (1, 2))
    met = asyncio.Barrier(2)
    attempts: list[str] = []

    def crossing(first: TextClause, second: TextClause) -> Work[None]:
        def work(db: Connection) -> None:
            attempts.append("")
            db.execute(first)
            if len(attempts) <= 2:
                await_only(met.wait())
            db.execute(second)

        return work

    await asyncio.gather(own.database.write(crossing(here, there)), own.database.write(crossing(there, here)))
    assert len(attempts) == 3


async def test_another_process_that_writes_is_waited_for(sqlite_url: str, tmp_path: Path) -> None:
    """SQLite's lock is taken when the write begins, so waiting is enough."""
    database = await open_database(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = SqlStore(database, BotId(1), lambda event: None)
    write = asyncio.ensure_future(store.apply(full(9)))
    assert await store.groups() == []
    other.execute("COMMIT")
    assert await write
    other.close()
    await database.close()


async def test_a_lost_table_is_told_without_its_query(
    database: Database, store: SqlStore, events: list[Event]
) -> None:
    """An error names its kind, never the rows or the address, and the failed visit is reported."""
    await database.write(lambda db: db.execute(text("DROP TABLE audit")).close())
    with pytest.raises(Unavailable) as caught:
        await store.apply(Changes(audit=(AuditEntry(AT, GROUP, USER, CANARY),)))
    assert str(caught.value).startswith("the database failed: ")
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert [event for event in events if isinstance(event, QueryRan)][-1].ok is False


async def test_each_visit_is_reported_under_its_methods_name(store: SqlStore, events: list[Event]) -> None:
    """Operators see how long each kind of visit takes."""
    await store.apply(full(1))
    await store.groups()
    await store.claim(AT, 60, 9)
    ran = [event for event in events if isinstance(event, QueryRan)]
    assert [(event.query, event.ok) for event in ran] == [("apply", True), ("groups", True), ("claim", True)]
    assert all(0 < event.seconds < 60 for event in ran)


async def test_rows_of_another_version_are_read(database: Database, store: SqlStore) -> None:
    """Fields that this version does not know are ignored, and those it misses have defaults."""
    await store.apply(full(1))

    def rewrite(db: Connection) -> None:
        db.execute(text("UPDATE groups SET settings = :body"), {"body": _OTHER_SETTINGS})
        db.execute(text("UPDATE intents SET body = :body"), {"body": _OTHER_SETTLE})
        db.execute(text("UPDATE holds SET body = :body"), {"body": _OTHER_HOLD})

    await database.write(rewrite)
    assert not (await store.groups())[0].settings.prompts
    assert len(await store.claim(AT, 60, 9)) == 1
    kept = await store.hold(GROUP, USER)
    assert kept is not None
    assert kept.until == 7


_OTHER_SETTINGS = '{"tomorrow": [1], "prompts": false}'
_OTHER_SETTLE = '{"type": "settle", "group_id": -1, "user_id": 2, "tomorrow": {}}'
_OTHER_HOLD = '{"group_id": -1001, "user_id": 77, "at": 1.5, "until": 7, "tomorrow": null}'


async def test_a_debt_of_an_unknown_kind_is_left_for_who_knows_it(
    database: Database, store: SqlStore, events: list[Event]
) -> None:
    """After a step back to an older version the other debts are paid, and this one is reported."""
    await store.apply(Changes(owed=(owed(),)))
    body = {"body": '{"type": "tomorrow", "group_id": -1001}'}
    await database.write(lambda db: db.execute(text("UPDATE intents SET body = :body"), body).close())
    assert await store.claim(AT, 60, 9) == []
    assert await store.next_due() == AT + 60
    assert [event.kind for event in events if isinstance(event, IntentFailed)] == ["unknown"]
