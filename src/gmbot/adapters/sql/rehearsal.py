"""A database on which everything is done and nothing is kept, and which tells what was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, event, text

from gmbot.adapters.sql.database import Database, Work
from gmbot.adapters.sql.plans import Plan, explain, normalised

T = TypeVar("T")

_LIMITS: Final = text(
    "SELECT set_config('lock_timeout', '1s', true), set_config('statement_timeout', '9s', true)"
)
"""On a live database, waiting for somebody else's lock would make others wait for ours."""


class Seen(NamedTuple):
    """One statement that was run: its text, how long it took, and its plan if plans are asked for."""

    statement: str
    seconds: float
    plan: Plan | None


class _Undo(Exception):
    """Carries a result out of a transaction that is rolled back."""

    def __init__(self, result: object) -> None:
        self.result = result


class Rehearsal:
    """A Database that rolls back each piece of work.

    `given` is done first, unseen, in each transaction.
    """

    def __init__(
        self,
        real: Database,
        see: Callable[[Seen], None],
        *,
        explaining: bool = False,
        given: Callable[[Connection], None] | None = None,
    ) -> None:
        self._real = real
        self._see = see
        self._explaining = explaining
        self._given = given

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._real.dialect

    async def read(self, work: Work[T]) -> T:
        """Run queries, where what is given can be seen."""
        return await self.write(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in a transaction that leaves nothing behind."""

        def rehearse(db: Connection) -> T:
            raise _Undo(self._watched(db, work))

        try:
            return await self._real.write(rehearse)
        except _Undo as undo:
            result: T = undo.result  # type: ignore[assignment]
            return result

    async def close(self) -> None:
        """Leave the real database open: it belongs to whoever opened it."""

    def _watched(self, db: Connection, work: Work[T]) -> T:
        if db.dialect.name == "postgresql":
            db.execute(_LIMITS)
        if self._given is not None:
            self._given(db)
        with _listening(db, _Watch(self._see, explaining=self._explaining)):
            return work(db)


class _Watch:
    """Times statements, and has them explained before they run."""

    def __init__(self, see: Callable[[Seen], None], *, explaining: bool) -> None:
        self._see = see
        self._explaining = explaining
        self._busy = False
        self._plan: Plan | None = None
        self._started = 0.0

    def before(self, db: Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if self._busy:
            return
        if self._explaining:
            self._busy = True
            values = parameters[0] if isinstance(parameters, list) else parameters
            self._plan = explain(db, statement, values)
            self._busy = False
        self._started = time.perf_counter()

    def after(self, db: Connection, cursor: Any, statement: str, *_: object) -> None:
        if not self._busy:
            self._see(Seen(normalised(statement), time.perf_counter() - self._started, self._plan))


@contextmanager
def _listening(db: Connection, watch: _Watch) -> Iterator[None]:
    listeners = (("before_cursor_execute", watch.before), ("after_cursor_execute", watch.after))
    for name, listener in listeners:
        event.listen(db, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners:
            event.remove(db, name, listener)
