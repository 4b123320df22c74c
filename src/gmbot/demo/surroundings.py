"""What the product leans on beside Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from gmbot.demo.outage import Outage
from gmbot.demo.redis import OwnRedis, installed_server, own_redis


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be broken by hand; `redis` is None in a demo without."""

    database: Outage
    redis: OwnRedis | None = None

    def mend(self) -> None:
        """Have all of it answer."""
        self.database.switch(False)
        if self.redis is not None:
            self.redis.switch(False)


@asynccontextmanager
async def surroundings(folder: Path) -> AsyncIterator[Surroundings]:
    """Yield a database that can be switched off, and a Redis in that folder if there is one."""
    async with own_redis(folder, installed_server()) as redis:
        yield Surroundings(database=Outage(), redis=redis)
