"""A database that may be down when GMBot starts: it is waited for, not given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gmbot.adapters.sql.database import Database, T, Work
from gmbot.domain.errors import Unavailable
from gmbot.gate.events import Lifecycle
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.backoff import Backoff


class AwaitedDatabase:
    """The database at `url`, which `connect` opens. Until it has, every work is Unavailable at once."""

    def __init__(self, url: str, connect: Callable[[str], Awaitable[Database]]) -> None:
        self._url = url
        self._connect = connect
        self._database: Database | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return "sqlite" if self._url.startswith("sqlite") else "postgresql"

    async def open(self) -> str | None:
        """Try to open it; return None, or in words why it does not answer. Raises what `connect` raises."""
        try:
            self._database = self._database or await self._connect(self._url)
        except Unavailable as error:
            return str(error)
        return None

    async def wait(self, clock: Clock, emit: Emit, backoff: Backoff) -> None:
        """Return once it is open, however long that takes."""
        failures = 0
        while cause := await self.open():
            failures += 1
            emit(Lifecycle("waiting_for_database", cause))
            await clock.sleep(backoff.delay_s(failures))

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction."""
        return await self._opened().read(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction."""
        return await self._opened().write(work)

    async def close(self) -> None:
        """Close every connection, if there is any."""
        if self._database is not None:
            await self._database.close()

    def _opened(self) -> Database:
        if self._database is None:
            raise Unavailable("the database has not answered yet")
        return self._database
