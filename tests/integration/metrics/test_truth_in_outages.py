"""Gauges tell within five seconds that a real database or Redis has died, and that it lives again."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from tests.fixtures.metrics import seconds_until, value
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.redis import RedisServer

from gmbot.adapters.sql.migrate import upgrade
from gmbot.bootstrap import Product
from gmbot.demo.box import TOKEN, opened_box
from gmbot.settings import Secret, Settings

TRUE_WITHIN_S = 5.0


@pytest.fixture
def own_postgres(postgres_server: PostgresServer, postgres_url: str) -> str:
    """The address of an empty database on a server that this test may stop."""
    return postgres_url


@pytest_asyncio.fixture
async def product(own_postgres: str, own_redis: RedisServer) -> AsyncIterator[Product]:
    """GMBot at work on PostgreSQL and Redis."""
    await upgrade(own_postgres)
    async with opened_box() as box:
        settings = Settings(
            bot_tokens=(Secret(TOKEN),),
            database_url=Secret(own_postgres),
            redis_url=Secret(own_redis.url),
            ops_port=0,
            telegram_api_url=box.simulator.url,
        )
        async with Product(settings, stream=io.BytesIO()) as running:
            yield running


async def turns(product: Product, gauge: str, to: float) -> None:
    """Return once a gauge shows this; fails when that takes longer than allowed."""

    async def shows() -> bool:
        return await value(product, gauge) == to

    await seconds_until(shows, TRUE_WITHIN_S)


@pytest.mark.parametrize(
    ("gauge", "dependency"), [("bot_db_connected", "postgres_server"), ("bot_redis_connected", "own_redis")]
)
async def test_a_gauge_follows_its_dependency_down_and_up(
    product: Product, request: pytest.FixtureRequest, gauge: str, dependency: str
) -> None:
    """Down when the server is stopped, up when it is started, without a restart of GMBot."""
    server = request.getfixturevalue(dependency)
    stop: Callable[[], None] = server.stop
    start: Callable[[], None] = server.start
    await turns(product, gauge, 1)
    stop()
    try:
        await turns(product, gauge, 0)
    finally:
        start()
    await turns(product, gauge, 1)


async def test_redis_that_hangs_is_told_as_well(product: Product, own_redis: RedisServer) -> None:
    """It keeps its connections and answers nobody."""
    await turns(product, "bot_redis_connected", 1)
    own_redis.pause()
    await turns(product, "bot_redis_connected", 0)
    own_redis.resume()
    await turns(product, "bot_redis_connected", 1)


async def test_a_redis_that_is_meant_to_be_is_told_apart_from_none(product: Product) -> None:
    """Or else whoever runs without Redis would be alerted for ever."""
    assert await value(product, "bot_redis_configured") == 1
