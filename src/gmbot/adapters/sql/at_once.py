"""SQLite's quick works on the event loop's own thread.

A row by its key takes SQLite 3 µs and a commit 10, since a write-ahead log waits for no disk; the way to
another thread and back takes up to 200 when nobody runs there.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from gmbot.adapters.sql.quick import Quick

T = TypeVar("T")

STALL_S: Final = 0.1
REST_S: Final = 5.0
"""A disk that once kept a quick work this long waiting gets none on this thread for as long as that."""

CHECKPOINT_AFTER: Final = 150
"""Transactions until the log is copied into the file, by a thread: that does wait for the disk."""

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Elsewhere(Exception):
    """Nothing was done, and it is no error: another process writes, or the disk is slow."""


class AtOnce:
    """One connection that never waits for anybody. `checkpoint` is called when the log has grown."""

    def __init__(
        self,
        engine: Engine,
        checkpoint: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._checkpoint = checkpoint
        self._monotonic = monotonic
        self._db: Connection | None = None
        self._rest_until = 0.0
        self._written = 0

    def read(self, work: Quick[T]) -> T:
        """Return what the work finds. Raises Elsewhere if a thread must look, and what the driver raises."""
        return self._timed(work)

    def write(self, work: Quick[T]) -> T:
        """Do the work in a transaction. Raises as `read` does; then nothing was written."""
        result = self._timed(lambda db: _committed(db, work))
        self._written += 1
        if self._written >= CHECKPOINT_AFTER:
            self._written = 0
            self._checkpoint()
        return result

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
        self._db = None
        self._engine.dispose()

    def _timed(self, work: Callable[[Connection], T]) -> T:
        began = self._monotonic()
        if began < self._rest_until:
            raise Elsewhere
        if self._db is None:
            self._db = self._engine.connect()
        try:
            return work(self._db)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _BUSY:
                raise Elsewhere from None
            raise
        finally:
            ended = self._monotonic()
            if ended - began > STALL_S:
                self._rest_until = ended + REST_S


def _committed(db: Connection, work: Quick[T]) -> T:
    driver: Any = db.connection.driver_connection
    driver.execute("BEGIN IMMEDIATE")
    try:
        result = work(db)
        driver.execute("COMMIT")
    except BaseException:
        # SQLite has ended it by itself if the disk is full.
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
    return result
