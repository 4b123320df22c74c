"""The whole service with a Redis: what operators see of it, and that nobody pays who has none."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from tests.fixtures.processes import PATIENCE_S
from tests.fixtures.redis import RedisServer
from tests.fixtures.stage import BOT_RIGHTS, CHANNEL_RIGHTS, TOKEN

from gmbot.bootstrap import Product
from gmbot.settings import Settings
from gmbot.simulator import Simulator, WallClock, World

SHOWN_WITHIN_S = 5.0


class Service:
    """A running product, and the group that it is to guard."""

    def __init__(self, product: Product, world: World, session: aiohttp.ClientSession) -> None:
        self.world = world
        self._product = product
        self._session = session

    async def health(self) -> tuple[int, dict[str, object]]:
        """Return the status code of /health and what it says."""
        async with self._session.get("/health") as answer:
            return answer.status, json.loads(await answer.read())

    async def metric(self, name: str) -> float:
        """Return the value of a metric without labels."""
        async with self._session.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])

    async def shows(self, connected: int, status: str, *, within_s: float = SHOWN_WITHIN_S) -> None:
        """Return once metrics and health agree on whether Redis is there."""
        began = time.monotonic()
        while True:
            code, health = await self.health()
            if health["status"] == status and await self.metric("bot_redis_connected") == connected:
                assert code == 200
                return
            if time.monotonic() - began > within_s:
                raise TimeoutError(f"{health}")


@asynccontextmanager
async def serving(folder: Path, redis_url: str = "") -> AsyncIterator[Service]:
    """Yield the product at work against a simulator."""
    world = World(WallClock())
    world.add_bot(TOKEN, "gm_bot")
    simulator = Simulator(world)
    await simulator.start()
    environ = {
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": simulator.url,
        "DATABASE_URL": f"sqlite:///{folder / 'gmbot.db'}",
        "REDIS_URL": redis_url,
        "OPS_PORT": "0",
    }
    try:
        async with Product(Settings.load(environ), stream=BytesIO()) as product:
            assert product.ops is not None
            async with aiohttp.ClientSession(f"http://127.0.0.1:{product.ops.port}") as session:
                yield Service(product, world, session)
    finally:
        await simulator.stop()


async def test_a_redis_that_comes_and_goes_is_shown_as_it_is(own_redis: RedisServer, tmp_path: Path) -> None:
    """Within five seconds, and never as more than a degradation."""
    async with serving(tmp_path, own_redis.url) as service:
        await service.shows(1, "healthy")
        own_redis.pause()
        await service.shows(0, "degraded")
        own_redis.resume()
        await service.shows(1, "healthy")


async def test_messages_are_judged_and_people_held_while_redis_is_down(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    """A newcomer is muted and a subscriber heard, as ever."""
    own_redis.kill()
    async with serving(tmp_path, own_redis.url) as service:
        world = service.world
        bot = next(iter(world.bots))
        owner = world.add_user("Olga")
        channel = world.create_channel(owner, "News", username="news")
        group = world.create_supergroup(owner, "Group")
        world.add_bot_to_chat(channel, bot, owner, rights=CHANNEL_RIGHTS)
        world.add_bot_to_chat(group, bot, owner, rights=BOT_RIGHTS)
        world.say(owner, group, "/protect @news")
        await _until_shown(service, 1)
        stranger, member = world.add_user("Stan"), world.add_user("Mia")
        world.subscribe(member, channel)
        world.join(member, group)
        world.join(stranger, group)
        began = time.monotonic()
        while world.can_speak(stranger, group):
            assert time.monotonic() - began < PATIENCE_S
            await service.metric("bot_holds_active")
        assert world.can_speak(member, group)


async def _until_shown(service: Service, groups: int) -> None:
    began = time.monotonic()
    while await service.metric("bot_active_groups") != groups:
        assert time.monotonic() - began < 2 * PATIENCE_S


async def test_without_redis_health_does_not_speak_of_it(tmp_path: Path) -> None:
    """What is absent on purpose is nothing to worry about."""
    async with serving(tmp_path) as service:
        _, health = await service.health()
        checks = health["checks"]
        assert isinstance(checks, dict)
        assert "redis" not in checks
        assert health["status"] == "healthy"
        assert await service.metric("bot_redis_connected") == 0


async def test_process_memory_is_measured(tmp_path: Path) -> None:
    """What it keeps is on the page from the start."""
    async with serving(tmp_path) as service:
        assert await service.metric("bot_memory_entries") >= 0
        assert await service.metric("bot_memory_evictions_total") == 0


@pytest.mark.parametrize("module", ["gmbot.bootstrap", "gmbot.cli"])
def test_nobody_pays_for_redis_who_has_none(module: str) -> None:
    """Its client is not even imported before an address is given."""
    program = f"import sys, {module}; sys.exit('redis' in sys.modules or 'hiredis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
