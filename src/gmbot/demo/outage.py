"""A database that can be made to answer no more, and to answer again."""

from __future__ import annotations

from gmbot.adapters.sql.database import Database, T, Work, open_database
from gmbot.domain.errors import Unavailable


class Outage:
    """Whether the database is away, and the way to one that is away with it."""

    def __init__(self) -> None:
        self.down = False

    def switch(self, down: bool) -> None:
        """Take the database away, or bring it back."""
        self.down = down

    async def open_database(self, url: str) -> Database:
        """Return the database at `url`, which answers while there is no outage."""
        return SwitchableDatabase(await open_database(url), self)


class SwitchableDatabase:
    """The real database behind an outage; every failure is Unavailable, as when it is really away."""

    def __init__(self, database: Database, outage: Outage) -> None:
        self._database = database
        self._outage = outage

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.dialect

    async def read(self, work: Work[T]) -> T:
        """Run queries. Raises Unavailable during the outage."""
        self._require_power()
        return await self._database.read(work)

    async def write(self, work: Work[T]) -> T:
        """Run work in one transaction. Raises Unavailable during the outage."""
        self._require_power()
        return await self._database.write(work)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    def _require_power(self) -> None:
        if self._outage.down:
            raise Unavailable("the database was switched off by hand")
