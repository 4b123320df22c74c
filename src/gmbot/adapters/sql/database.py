"""One database, as short pieces of synchronous work that are run off the event loop's path.

A whole transaction is one function of a Connection. PostgreSQL runs it in a greenlet over asyncpg;
SQLite in a thread over the standard library's driver: one hop for each transaction, where a hop for
each statement costs four times the CPU.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from gmbot.adapters.sql.lines import Line, Work
from gmbot.adapters.sql.tables import HEAD
from gmbot.adapters.sql.version import stored_version
from gmbot.domain.errors import ConfigurationError, Unavailable

__all__ = ["Database", "Postgres", "Sqlite", "Work", "connect", "open_database"]

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
"""How long SQLite waits for another process that writes."""

WRITTEN_TOGETHER, READ_TOGETHER = 50, 20
"""How many works of SQLite may share a transaction or a visit, so that none waits long for the others."""

POOL_SIZE = 10
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0

DEADLOCKS = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected: nothing was written, do it again."""

WRITE_ATTEMPTS = 3


class Database(Protocol):
    """Where a store's work runs. Every failure is Unavailable, with a text that tells no secret."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction: all of it is written, or nothing."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


async def open_database(url: str) -> Database:
    """Return the database at `url`, with the tables of this version.

    SQLite is migrated at once; PostgreSQL is only looked at, since several processes may use it.
    Raises ConfigurationError if it cannot be reached or is not at this version.
    """
    database = connect(url)
    try:
        version = await database.read(stored_version)
        if version != HEAD:
            await _mend(database, url, version)
    except Unavailable as error:
        await database.close()
        raise ConfigurationError(_unreachable(database.dialect, error)) from None
    except ConfigurationError:
        await database.close()
        raise
    return database


def connect(url: str, *, command_timeout_s: float | None = COMMAND_TIMEOUT_S) -> Database:
    """Return the database at `url` without a look at it; nothing connects before the first work."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigurationError("DATABASE_URL is not an address; for example sqlite:///gmbot.db") from None
    backend = address.get_backend_name()
    if backend == "postgresql":
        return Postgres(address, command_timeout_s)
    if backend == "sqlite" and address.database not in {None, "", ":memory:"}:
        return Sqlite(address)
    raise ConfigurationError(
        "DATABASE_URL must name an SQLite file or a PostgreSQL database; for example sqlite:///gmbot.db"
    )


async def _mend(database: Database, url: str, version: str | None) -> None:
    if database.dialect == "postgresql":
        there = "has no tables of GMBot's" if version is None else f"is at version {version}"
        raise ConfigurationError(
            f"The database of DATABASE_URL {there} and this GMBot needs version {HEAD}: run `gmbot migrate`."
        )
    from gmbot.adapters.sql.migrate import upgrade

    await upgrade(url)


class Postgres:
    """PostgreSQL through asyncpg, with a pool."""

    dialect = "postgresql"

    def __init__(self, address: URL, command_timeout_s: float | None) -> None:
        import asyncpg  # type: ignore[import-untyped]
        from sqlalchemy.pool import AsyncAdaptedQueuePool
        from sqlalchemy.util.concurrency import greenlet_spawn

        self._spawn = greenlet_spawn
        self._failures = (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
        self._engine = create_engine(
            address.set(drivername="postgresql+asyncpg"),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT_S,
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": command_timeout_s,
                "server_settings": {"application_name": "gmbot", "jit": "off"},
            },
        )
        # A read in a transaction of its own would cost two more round trips.
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction."""
        return await self._run(_in_connection, self._reader, work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction; again if PostgreSQL undid it to break a deadlock."""
        return await self._run(_in_transaction, self._engine, work)

    async def close(self) -> None:
        """Close every connection."""
        await self._spawn(self._engine.dispose)

    async def _run(self, how: Callable[[Engine, Work[T]], T], engine: Engine, work: Work[T]) -> T:
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            try:
                return await self._spawn(how, engine, work)
            except self._failures as error:
                if attempt == WRITE_ATTEMPTS or _sqlstate(error) not in DEADLOCKS:
                    raise _unavailable(error) from None
        raise AssertionError


class Sqlite:
    """SQLite with a write-ahead log: one writer, and readers that never wait for it."""

    dialect = "sqlite"

    def __init__(self, address: URL) -> None:
        address = address.set(drivername="sqlite+pysqlite")
        self._writer, self._reader = _sqlite_engine(address), _sqlite_engine(address)
        event.listen(self._writer, "begin", _begin_immediate)
        self._writing = Line("gmbot-sqlite-write", partial(_written_together, self._writer), WRITTEN_TOGETHER)
        read = partial(_read_together, self._reader)
        self._reading = [Line(f"gmbot-sqlite-read-{number}", read, READ_TOGETHER) for number in range(2)]

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """The writer and the reader, for whoever listens to their statements."""
        return self._writer, self._reader

    async def read(self, work: Work[T]) -> T:
        """Run queries; each sees the last committed state."""
        return await min(self._reading, key=len).do(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction; this process's writers wait for each other in line.

        Those that wait at the same time share one: a commit costs as much as a small work. If one of them
        fails, each gets a transaction of its own.
        """
        return await self._writing.do(work)

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        for line in self._reading:
            await line.close(self._reader.dispose)
        await self._writing.close(self._writer.dispose)


_SQLITE_FAILURES = (DBAPIError, PoolTimeout, sqlite3.Error, OSError, OverflowError)


def _written_together(engine: Engine, works: list[Work[Any]]) -> list[object]:
    """Run works in one transaction, or, if that fails, each in one of its own; errors are outcomes too."""
    if len(works) > 1:
        try:
            return _in_transaction(engine, lambda db: [work(db) for work in works])
        except OperationalError as error:
            if _held_by_another(error):
                return [_unavailable(error)] * len(works)
        except Exception:  # noqa: BLE001, S110 - whose fault it was shows when each is run alone
            pass
    return [_outcome(partial(_in_transaction, engine, work)) for work in works]


def _read_together(engine: Engine, works: list[Work[Any]]) -> list[object]:
    """Run works on one connection, outside any transaction; errors are outcomes too."""
    try:
        with engine.connect() as connection:
            return [_outcome(partial(work, connection)) for work in works]
    except _SQLITE_FAILURES as error:
        return [_unavailable(error)] * len(works)


def _outcome(do: Callable[[], object]) -> object:
    try:
        return do()
    except _SQLITE_FAILURES as error:
        return _unavailable(error)
    except Exception as error:  # noqa: BLE001 - goes to whoever wanted the work done
        return error


def _held_by_another(error: OperationalError) -> bool:
    """Whether another process keeps the file: each work alone would wait as long again."""
    return getattr(error.orig, "sqlite_errorcode", None) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _sqlite_engine(address: URL) -> Engine:
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_reset_on_return=None,
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that first reads and then wants to write cannot wait for another; this one can.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _in_connection(engine: Engine, work: Work[T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _in_transaction(engine: Engine, work: Work[T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _sqlstate(error: BaseException) -> str | None:
    """Return PostgreSQL's code of an error, if it has one."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlstate", None)
    return code if isinstance(code, str) else None


def _unavailable(error: BaseException) -> Unavailable:
    """Return what callers see: the kind of the error, never its text, which may quote rows or addresses."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = _sqlstate(error) or getattr(origin, "sqlite_errorname", None)
    return Unavailable(f"the database failed: {type(origin).__name__}{f' {code}' if code else ''}")


def _unreachable(dialect: str, error: Unavailable) -> str:
    if dialect == "sqlite":
        return (
            f"DATABASE_URL names an SQLite file that cannot be opened ({error}): its folder must exist and "
            "be writable; for example sqlite:///gmbot.db"
        )
    return (
        f"DATABASE_URL names a PostgreSQL database that cannot be reached ({error}): start it, or correct "
        "the address; for example postgresql://user:password@localhost:5432/gmbot"
    )
