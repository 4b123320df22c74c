"""Connections that stay at hand between two works: taking one from a pool costs more than a small query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine

from gmbot.adapters.sql.failures import sqlstate
from gmbot.adapters.sql.quick import driver

T = TypeVar("T")

MOST: Final = 3
"""Two that read and one that writes are under way at once, as a rule (`gathering.py`)."""


class Kept:
    """Connections of one engine, each used by one work at a time. The engine commits by itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[Connection] = []
        self._closed = False

    def run(self, work: Callable[[Connection], T]) -> T:
        """Return what the work does; whoever fails gives the connection back to the pool, which knows."""
        connection = self._take()
        there = driver(connection)
        try:
            result = work(connection)
            if connection.in_transaction():
                # SQLAlchemy's own account of one: in the database each statement was committed.
                connection.rollback()
        except BaseException as error:
            if sqlstate(error) is None and not connection.invalidated:
                # The server has not answered, and may yet do what it was told: begin a transaction, say.
                there.terminate()
                connection.invalidate()
            connection.close()
            raise
        self._give_back(connection)
        return result

    def close(self) -> None:
        """Keep none any more."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection:
        connection = self._idle.pop() if self._idle else self._engine.connect()
        while driver(connection).is_closed():
            # The server has closed it meanwhile. One that takes its place must be told to commit by itself.
            connection.invalidate()
            connection.close()
            connection = self._engine.connect()
        return connection

    def _give_back(self, connection: Connection) -> None:
        if self._closed or len(self._idle) >= MOST:
            connection.close()
        else:
            self._idle.append(connection)
