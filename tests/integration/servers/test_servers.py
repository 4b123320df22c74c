"""The real servers that other tests rely on."""

from __future__ import annotations

from tests.fixtures.redis import RedisServer

from gmbot.adapters.sql.database import connect
from gmbot.adapters.sql.reads import ping


async def test_postgres_is_a_real_server_with_an_empty_database(postgres_url: str) -> None:
    """A test that asks for PostgreSQL gets one that answers."""
    database = connect(postgres_url)
    try:
        await database.read(ping)
    finally:
        await database.close()


def test_redis_is_a_real_server(redis_url: str, redis_server: RedisServer) -> None:
    """A test that asks for Redis gets one that answers, and is empty."""
    assert redis_url.startswith("redis://127.0.0.1:")
    assert [redis_server.ask("PING"), redis_server.ask("DBSIZE")] == ["+PONG", ":0"]
