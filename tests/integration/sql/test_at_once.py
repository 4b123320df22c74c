"""SQLite's quick works: on the spot, unless somebody else writes or the disk is slow."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool
from tests.contract.store.material import AT, GROUP, USER, hold, owed

from gmbot.adapters.sql.at_once import CHECKPOINT_AFTER, REST_S, STALL_S, AtOnce, Elsewhere
from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.quick import Quick
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, UserId
from gmbot.gate.changes import Changes

HOLD = Changes(holds=(hold(),))


def thread(db: Connection) -> int:
    """A work that tells where it is done."""
    return threading.get_ident()


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.time


@pytest.fixture
def watch() -> Watch:
    """The clock of `here`."""
    return Watch()


@pytest.fixture
def here(sqlite_url: str, watch: Watch) -> Iterator[AtOnce]:
    """Quick works on an empty file."""
    engine = create_engine(
        sqlite_url, poolclass=NullPool, connect_args={"isolation_level": None, "timeout": 0}
    )
    at_once = AtOnce(engine, lambda: None, watch)
    yield at_once
    at_once.close()


async def test_quick_works_stay_on_the_event_loops_thread(sqlite_url: str) -> None:
    """Others go to a thread."""
    database = await open_database(sqlite_url)
    ways = [database.read(Quick(thread)), database.write(Quick(thread)), database.read(thread)]
    assert [await way == threading.get_ident() for way in ways] == [True, True, False]
    await database.close()


async def test_a_quick_write_waits_in_a_thread_for_another_process(sqlite_url: str) -> None:
    """The event loop goes on meanwhile, and reads what was committed last."""
    database = await open_database(sqlite_url)
    store = SqlStore(database, BotId(1), lambda event: None)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.ensure_future(store.apply(HOLD))
    assert await store.hold(GROUP, USER) is None
    assert not write.done()
    other.execute("COMMIT")
    assert await write
    assert await store.hold(GROUP, USER) == hold()
    other.close()
    await database.close()


async def test_a_quick_work_that_fails_leaves_nothing(sqlite_url: str) -> None:
    """It is undone as every transaction is, and the next one works."""
    database = await open_database(sqlite_url)
    store = SqlStore(database, BotId(1), lambda event: None)
    with pytest.raises(Unavailable):
        await store.apply(Changes(holds=(hold(),), owed=(owed(token=2**70),)))
    assert (await store.hold(GROUP, USER), await store.next_due()) == (None, None)
    assert await store.apply(Changes(holds=(hold(),), owed=(owed(),)))
    assert await store.next_due() == AT
    await database.close()


async def test_the_log_is_copied_into_the_file(sqlite_url: str) -> None:
    """By a thread, every so often: the log stays small however much is written."""
    database = await open_database(sqlite_url)
    store = SqlStore(database, BotId(1), lambda event: None)
    for number in range(3 * CHECKPOINT_AFTER):
        await store.apply(Changes(holds=(hold(UserId(number)),)))
    await database.close()
    path = sqlite_url.removeprefix("sqlite:///")
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as file:
        assert file.execute("SELECT count(*) FROM holds").fetchone()[0] == 3 * CHECKPOINT_AFTER
    file.close()


def test_a_slow_disk_is_left_to_threads_for_a_while(here: AtOnce, watch: Watch) -> None:
    """One work that stalls is followed by none on the spot, and after a rest it is tried again."""
    steps = count(1)

    def slow(db: Connection) -> int:
        watch.time += 2 * STALL_S
        return next(steps)

    assert here.read(Quick(slow)) == 1
    with pytest.raises(Elsewhere):
        here.write(Quick(slow))
    watch.time += REST_S
    assert here.write(Quick(slow)) == 2
