"""A database that may be down when GMBot starts: it is waited for, not given up."""

from __future__ import annotations

import asyncio
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
        self._attempt: asyncio.Task[str | None] | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return "sqlite" if self._url.startswith("sqlite") else "postgresql"

    async def open(self, patience_s: float) -> None:
        """Begin to open it, and return when that is done or has failed, or after a while.

        Raises what `connect` raises, but for Unavailable.
        """
        self._attempt = asyncio.create_task(self._open())
        await asyncio.wait({self._attempt}, timeout=patience_s)
        if self._attempt.done():
            self._attempt.result()

    async def wait(self, clock: Clock, emit: Emit, backoff: Backoff) -> None:
        """Return once it is open, however long that takes. Raises what `connect` raises, as `open` does."""
        failures = 0
        cause = None if self._attempt is None else await self._attempt
        while self._database is None:
            if cause is not None:
                failures += 1
                emit(Lifecycle("waiting_for_database", cause))
                await clock.sleep(backoff.delay_s(failures))
            cause = await self._open()

    async def read(self, work: Work[T]) -> T:
        """Run queries outside any transaction."""
        return await self._opened().read(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction."""
        return await self._opened().write(work)

    async def close(self) -> None:
        """Close every connection, if there is any, and open none any more."""
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)
        if self._database is not None:
            await self._database.close()

    async def _open(self) -> str | None:
        """Open it; or return in words why it does not answer."""
        try:
            self._database = await self._connect(self._url)
        except Unavailable as error:
            return str(error)
        return None

    def _opened(self) -> Database:
        if self._database is None:
            raise Unavailable("the database has not answered yet")
        return self._database
