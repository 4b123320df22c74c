"""SQLite: one writer and two readers, each in a thread of its own, and quick works on the spot."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from gmbot.adapters.sql.at_once import AtOnce, Elsewhere
from gmbot.adapters.sql.failures import unavailable
from gmbot.adapters.sql.lines import Line, Work, in_transaction
from gmbot.adapters.sql.quick import Quick
from gmbot.domain.errors import Unavailable

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
"""How long SQLite waits for another process that writes."""

WRITTEN_TOGETHER, READ_TOGETHER = 50, 20
"""How many works of SQLite may share a transaction or a visit, so that none waits long for the others."""


class Sqlite:
    """SQLite with a write-ahead log: one writer, and readers that never wait for it."""

    dialect = "sqlite"

    def __init__(self, address: URL) -> None:
        address = address.set(drivername="sqlite+pysqlite")
        self._writer, self._reader = _sqlite_engine(address), _sqlite_engine(address)
        self._here = _sqlite_engine(address, timeout_s=0.0)
        event.listen(self._writer, "begin", _begin_immediate)
        event.listen(self._here, "connect", _leave_checkpoints_to_others)
        self._writing = Line("gmbot-sqlite-write", partial(_written_together, self._writer), WRITTEN_TOGETHER)
        read = partial(_read_together, self._reader)
        self._reading = [Line(f"gmbot-sqlite-read-{number}", read, READ_TOGETHER) for number in range(2)]
        self._at_once = AtOnce(self._here, self._begin_checkpoint)
        self._checkpoint: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def engines(self) -> tuple[Engine, Engine, Engine]:
        """The writer, the reader, and what does both at once, for whoever listens to their statements."""
        return self._writer, self._reader, self._here

    async def read(self, work: Work[T]) -> T:
        """Run queries; each sees the last committed state."""
        if isinstance(work, Quick) and not self._closed:
            with contextlib.suppress(Elsewhere):
                found: T = _told(partial(self._at_once.read, work))
                return found
        return await min(self._reading, key=len).do(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction; this process's writers wait for each other in line.

        Those that wait at the same time share one: a commit costs as much as a small work. If one of them
        fails, each gets a transaction of its own.
        """
        if isinstance(work, Quick) and not self._closed and not len(self._writing):
            with contextlib.suppress(Elsewhere):
                result: T = _told(partial(self._at_once.write, work))
                return result
        return await self._writing.do(work)

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        self._closed = True
        if self._checkpoint is not None:
            await asyncio.wait([self._checkpoint])
        self._at_once.close()
        for line in self._reading:
            await line.close(self._reader.dispose)
        await self._writing.close(self._writer.dispose)

    def _begin_checkpoint(self) -> None:
        if self._checkpoint is None or self._checkpoint.done():
            self._checkpoint = asyncio.create_task(self._copy_log(), name="sqlite-checkpoint")

    async def _copy_log(self) -> None:
        try:
            await self._reading[-1].do(
                lambda db: db.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()
            )
        except Unavailable:
            # The next one is due soon, and what is in the log is not lost.
            return


_SQLITE_FAILURES = (DBAPIError, PoolTimeout, sqlite3.Error, OSError, OverflowError)


def _written_together(engine: Engine, works: list[Work[Any]]) -> list[object]:
    """Run works in one transaction, or, if that fails, each in one of its own; errors are outcomes too."""
    if len(works) > 1:
        try:
            return in_transaction(engine, lambda db: [work(db) for work in works])
        except OperationalError as error:
            if _held_by_another(error):
                return [unavailable(error)] * len(works)
        except Exception:  # noqa: BLE001, S110 - whose fault it was shows when each is run alone
            pass
    return [_outcome(partial(in_transaction, engine, work)) for work in works]


def _read_together(engine: Engine, works: list[Work[Any]]) -> list[object]:
    """Run works on one connection, outside any transaction; errors are outcomes too."""
    try:
        with engine.connect() as connection:
            return [_outcome(partial(work, connection)) for work in works]
    except _SQLITE_FAILURES as error:
        return [unavailable(error)] * len(works)


def _outcome(do: Callable[[], object]) -> object:
    try:
        return _told(do)
    except Exception as error:  # noqa: BLE001 - goes to whoever wanted the work done
        return error


def _told(do: Callable[[], T]) -> T:
    """Return what is done, or raise what everybody is told of a failure."""
    try:
        return do()
    except _SQLITE_FAILURES as error:
        raise unavailable(error) from None


def _held_by_another(error: OperationalError) -> bool:
    """Whether another process keeps the file: each work alone would wait as long again."""
    return getattr(error.orig, "sqlite_errorcode", None) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _sqlite_engine(address: URL, timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_reset_on_return=None,
        connect_args={"timeout": timeout_s, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _leave_checkpoints_to_others(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA wal_autocheckpoint = 0").close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that first reads and then wants to write cannot wait for another; this one can.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
