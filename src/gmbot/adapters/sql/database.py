"""One database, as short pieces of synchronous work that are run off the event loop's path.

A whole transaction is one function of a Connection. PostgreSQL runs it in a greenlet over asyncpg;
SQLite in a thread over the standard library's driver: one hop for each transaction, where a hop for
each statement costs four times the CPU. What is quick SQLite does on the spot.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gmbot.adapters.sql.failures import refuses, sqlstate, unavailable
from gmbot.adapters.sql.kept import MOST, Kept
from gmbot.adapters.sql.lines import Work, in_transaction
from gmbot.adapters.sql.quick import Quick
from gmbot.adapters.sql.sqlite import Sqlite
from gmbot.adapters.sql.tables import HEAD
from gmbot.adapters.sql.version import stored_version
from gmbot.domain.errors import ConfigurationError, Unavailable

__all__ = ["Database", "Postgres", "Sqlite", "Work", "connect", "open_database"]

T = TypeVar("T")

POOL_SIZE = 10
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0

DEADLOCKS = frozenset({"40001", "40P01"})
"""PostgreSQL's serialization_failure and deadlock_detected: nothing was written, do it again."""

FAREWELLS = frozenset({"08003", "08006", "57P01", "57P02"})
"""connection_does_not_exist, connection_failure, admin_shutdown, crash_shutdown: ended, perhaps unnoticed."""

ATTEMPTS = 3

CLOSE_S = 3.0
"""How long a farewell may take; a server that does not answer learns of it when the process has ended."""


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


async def open_database(url: str, *, may_be_down: bool = False) -> Database:
    """Return the database at `url`, with the tables of this version.

    SQLite is migrated at once; PostgreSQL is only looked at, since several processes may use it.
    Raises ConfigurationError if it cannot be reached or is not at this version; with `may_be_down`, for
    whoever waits, Unavailable if it is a PostgreSQL that does not answer.
    """
    database = connect(url)
    try:
        version = await database.read(stored_version)
        if version != HEAD:
            await _mend(database, url, version)
    except Unavailable as error:
        await database.close()
        if may_be_down and database.dialect == "postgresql" and not refuses(error):
            raise
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
        # asyncpg takes the server's farewell for an answer that nobody waits for: an error of its own.
        self._broken = (asyncpg.InterfaceError, asyncpg.InternalClientError, InterfaceError, InternalError)
        self._failures = (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, *self._broken)
        self._engine = create_engine(
            address.set(drivername="postgresql+asyncpg"),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=POOL_SIZE,
            # Those that are kept at hand are nobody else's while they wait.
            max_overflow=MOST,
            pool_timeout=CONNECT_TIMEOUT_S,
            # Each connection prepares statements for itself: a few that are used all the time know them.
            pool_use_lifo=True,
            hide_parameters=True,
            connect_args={
                "timeout": CONNECT_TIMEOUT_S,
                "command_timeout": command_timeout_s,
                "server_settings": {"application_name": "gmbot", "jit": "off"},
            },
        )
        # A read in a transaction of its own would cost two more round trips.
        self._kept = Kept(self._engine.execution_options(isolation_level="AUTOCOMMIT"))

    @property
    def engine(self) -> Engine:
        """What makes the connections, for whoever listens to their statements."""
        return self._engine

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction; again if the connection turns out to have ended."""
        return await self._run(self._kept.run, work, lambda error: self._ended(error) or _undone(error))

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction; again if PostgreSQL undid it to break a deadlock.

        Quick work may be one statement, which is a transaction by itself, in one round trip instead of three.
        """
        how = self._kept.run if isinstance(work, Quick) else self._in_transaction
        return await self._run(how, work, _undone)

    async def close(self) -> None:
        """Close every connection, within `CLOSE_S`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._spawn(self._dispose)

    async def _run(
        self, how: Callable[[Work[T]], T], work: Work[T], harmless: Callable[[BaseException], bool]
    ) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._spawn(how, work)
            except self._failures as error:
                if attempt == ATTEMPTS or not harmless(error):
                    raise unavailable(error) from None
        raise AssertionError

    def _ended(self, error: BaseException) -> bool:
        return isinstance(error, self._broken) or sqlstate(error) in FAREWELLS

    def _in_transaction(self, work: Work[T]) -> T:
        return in_transaction(self._engine, work)

    def _dispose(self) -> None:
        self._kept.close()
        self._engine.dispose()


def _undone(error: BaseException) -> bool:
    return sqlstate(error) in DEADLOCKS


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
