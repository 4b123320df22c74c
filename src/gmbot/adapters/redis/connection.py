"""One connection with Redis, and a look at whether it can be used at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import RedisError

from gmbot.domain.errors import Unavailable


@asynccontextmanager
async def connection_with(url: str) -> AsyncIterator[AbstractConnection]:
    """Yield a connection that is not made yet; it is closed at once afterwards, whatever it waits for."""
    # RESP3 is redis-py's default, and its 5 s are longer than anybody would wait.
    ours: dict[str, Any] = {"protocol": 2, "socket_timeout": None, "socket_connect_timeout": None}
    pool = ConnectionPool.from_url(url, **ours)
    connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]
    try:
        yield connection
    finally:
        await connection.disconnect(nowait=True)


async def is_primary(url: str, *, patience_s: float) -> bool:
    """Return whether a Redis may be written to. Raises Unavailable, in words without its address."""
    try:
        async with asyncio.timeout(patience_s), connection_with(url) as connection:
            await connection.connect()  # type: ignore[no-untyped-call]
            await connection.send_command("ROLE", check_health=False)
            role = await connection.read_response()
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(type(error).__name__) from error
    return bool(role[0] == b"master")
