"""Statements straight to the driver: for what is read and written with every update.

SQLAlchemy costs 20 µs a statement on SQLite and 150 µs on PostgreSQL, where SQLite itself takes 3 and a
statement of asyncpg's 20. Whoever listens to a connection's statements hears of these too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.util import await_only

T = TypeVar("T")

Line = Sequence[Any]


class Quick(Generic[T]):
    """Work of microseconds, by key: where the database is a file, it may stay in the event loop's thread."""

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work

    def __call__(self, db: Connection) -> T:
        """Do the work."""
        return self._work(db)


def driver(db: Connection) -> Any:
    """Return the driver's own connection."""
    return db.connection.driver_connection


def fetch(db: Connection, statement: str, values: Sequence[Any]) -> Sequence[Line]:
    """Run one statement, in the driver's own notation, and return its rows."""
    there = driver(db)
    heard = Heard(db)
    heard.before(statement, tuple(values))
    if db.dialect.name == "sqlite":
        found: Sequence[Line] = there.execute(statement, values).fetchall()
    else:
        found = await_only(there.fetch(statement, *values))
    heard.after(statement, tuple(values))
    return found


class Compiled:
    """A query of SQLAlchemy's that is compiled once for each dialect, and then run straight by the driver."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        self._texts: dict[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {}

    def __call__(self, db: Connection, values: Mapping[str, Any]) -> Sequence[Line]:
        """Return its rows; `values` are its parameters by name."""
        dialect = db.dialect
        text, names, constant = self._texts.get(dialect.name) or self._compile(dialect)
        return fetch(db, text, [values[name] if name in values else constant[name] for name in names])

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
        compiled: Any = self._query.compile(dialect=dialect)
        found = compiled.string, tuple(compiled.positiontup), compiled.params
        self._texts[dialect.name] = found
        return found


def fill(db: Connection, statement: str, lines: Sequence[Sequence[Any]]) -> None:
    """Run one statement for each of several lines; SQLite only."""
    if not lines:
        return
    heard = Heard(db, many=True)
    heard.before(statement, lines)
    driver(db).executemany(statement, lines)
    heard.after(statement, lines)


@contextmanager
def together(db: Connection) -> Iterator[None]:
    """Make one transaction of what is fetched within; PostgreSQL only, whatever else is under way."""
    transaction = driver(db).transaction()
    await_only(transaction.start())
    try:
        yield
    except BaseException:
        await_only(transaction.rollback())
        raise
    await_only(transaction.commit())


def in_transaction(db: Connection) -> bool:
    """Whether PostgreSQL is in a transaction already."""
    inside: bool = driver(db).is_in_transaction()
    return inside


class Heard:
    """One statement, as whoever listens to a connection's statements hears of it.

    It stands for SQLAlchemy's execution context, on which listeners leave what they need again afterwards.
    """

    def __init__(self, db: Connection, *, many: bool = False) -> None:
        self.dialect = db.dialect
        self.executemany = many
        self._db = db

    def before(self, statement: str, values: Any) -> None:
        """Tell of it before it is run."""
        self._tell(self._db.dispatch.before_cursor_execute, statement, values)

    def after(self, statement: str, values: Any) -> None:
        """Tell that it was run."""
        self._tell(self._db.dispatch.after_cursor_execute, statement, values)

    def _tell(self, listeners: Any, statement: str, values: Any) -> None:
        if not listeners:
            return
        cursor = self._db.connection.cursor()
        for hear in listeners:
            hear(self._db, cursor, statement, values, self, self.executemany)
        cursor.close()
