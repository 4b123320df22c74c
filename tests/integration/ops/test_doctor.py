"""`gmbot doctor` against a Telegram in a box: what it finds, and what it advises."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from tests.fixtures.redis import RedisServer

from gmbot.adapters.sql.migrate import upgrade
from gmbot.doctor import Finding, examine, show
from gmbot.settings import Settings
from gmbot.simulator import Simulator, WallClock, World

TOKEN = "42:AAcanaryCANARYcanaryCANARYcanary0123"


@pytest.fixture
async def telegram() -> AsyncIterator[Simulator]:
    """A Telegram that knows one bot."""
    world = World(WallClock())
    world.add_bot(TOKEN, "gm_bot")
    simulator = Simulator(world)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
def environ(telegram: Simulator, tmp_path: Path) -> dict[str, str]:
    """Settings that are right."""
    return {
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "DATABASE_URL": f"sqlite:///{tmp_path}/gmbot.db",
        "OPS_PORT": "0",
    }


async def findings(environ: dict[str, str]) -> dict[str, Finding]:
    """Return what the doctor finds, by the first word of its name."""
    found = await examine(Settings.load(environ))
    return {finding.name.split()[0]: finding for finding in found}


async def test_a_right_set_up_is_well(environ: dict[str, str], telegram: Simulator) -> None:
    """Every line is well, and nothing was changed: no file made, no webhook set."""
    found = await findings(environ)
    assert all(finding.well for finding in found.values())
    assert found["bot"].name == "bot 42 @gm_bot"
    assert found["database"].detail == "`gmbot run` will make the file"
    assert not list(Path(environ["DATABASE_URL"].removeprefix("sqlite:///")).parent.iterdir())


async def test_migrated_tables_are_recognised(environ: dict[str, str]) -> None:
    """A database of this version is well."""
    await upgrade(environ["DATABASE_URL"])
    assert (await findings(environ))["database"] == Finding("database", True, "answers, tables up to date")


async def test_a_redis_is_looked_at_when_there_is_one(environ: dict[str, str], redis_url: str) -> None:
    """Without REDIS_URL nothing is said of it."""
    assert "redis" not in await findings(environ)
    assert (await findings(environ | {"REDIS_URL": redis_url}))["redis"] == Finding("redis", True, "answers")


async def test_a_redis_that_is_gone_is_ill(environ: dict[str, str]) -> None:
    """It is said without its password."""
    found = (await findings(environ | {"REDIS_URL": "redis://:canary@127.0.0.1:1/0"}))["redis"]
    assert not found.well
    assert "canary" not in str(found)


async def test_a_replica_is_ill(environ: dict[str, str], own_redis: RedisServer) -> None:
    """Nothing can be shared through what cannot be written to."""
    own_redis.ask("REPLICAOF 127.0.0.1 1")
    found = (await findings(environ | {"REDIS_URL": own_redis.url}))["redis"]
    assert (found.well, found.remedy) == (False, "name its primary in REDIS_URL")


async def test_foreign_tables_need_a_migration(environ: dict[str, str], tmp_path: Path) -> None:
    """An empty database is not yet GMBot's."""
    tmp_path.joinpath("gmbot.db").touch()
    found = (await findings(environ))["database"]
    assert (found.well, found.remedy) == (False, "run `gmbot migrate`")


async def test_a_missing_folder_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    """SQLite makes files, not folders."""
    found = (await findings(environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/no/gmbot.db"}))["database"]
    assert not found.well
    assert found.detail == f"{tmp_path}/no is no folder that can be written to"


async def test_an_unreachable_database_is_told(environ: dict[str, str]) -> None:
    """Without its password."""
    found = (await findings(environ | {"DATABASE_URL": "postgresql://u:canary@127.0.0.1:1/d"}))["database"]
    assert not found.well
    assert "canary" not in found.detail


async def test_a_refused_token_is_told(environ: dict[str, str]) -> None:
    """Without echoing it."""
    found = (await findings(environ | {"BOT_TOKEN": TOKEN + "x"}))["bot"]
    assert not found.well
    assert "BotFather" in found.remedy
    assert "canary" not in found.detail


async def test_a_silent_telegram_is_told(environ: dict[str, str], telegram: Simulator) -> None:
    """A network that is down looks different from a token that is wrong."""
    await telegram.stop()
    found = (await findings(environ))["bot"]
    assert (found.well, found.remedy) == (False, "check the network and TELEGRAM_API_URL")


async def test_a_port_in_use_is_told(environ: dict[str, str]) -> None:
    """With the setting that moves it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = (await findings(environ | {"OPS_PORT": str(port)}))["OPS_PORT"]
    assert not found.well
    assert "set OPS_PORT to another port" in found.remedy


async def test_the_webhooks_port_and_state_are_looked_at(environ: dict[str, str], free_port: int) -> None:
    """In webhook mode the other port matters too."""
    webhook = {
        "ENVIRONMENT": "production",
        "WEBHOOK_URL": f"http://127.0.0.1:{free_port}",
        "WEBHOOK_SECRET": "open-sesame",
        "PORT": str(free_port),
    }
    found = await findings(environ | webhook)
    assert found["settings"].detail == "production, updates by webhook"
    assert found["PORT"].well
    assert found["bot"].detail == "token accepted; `gmbot run` will set the webhook"


async def test_a_webhook_that_is_in_the_way_is_told(environ: dict[str, str], telegram: Simulator) -> None:
    """Polling removes it; that is worth knowing before."""
    await set_webhook(telegram, "http://127.0.0.1:9/webhook/42")
    found = (await findings(environ))["bot"]
    assert found.well
    assert found.detail.endswith("a webhook is set, and `gmbot run` will remove it")


async def test_failed_deliveries_are_told(environ: dict[str, str], telegram: Simulator) -> None:
    """What Telegram says about its last attempt helps most."""
    await set_webhook(telegram, "http://127.0.0.1:1/webhook/42")
    webhook = {
        "ENVIRONMENT": "production",
        "WEBHOOK_URL": "http://127.0.0.1:1",
        "WEBHOOK_SECRET": "open-sesame",
        "PORT": "1",
    }
    assert (await findings(environ | webhook))[
        "bot"
    ].detail == "token accepted, webhook set, 0 updates waiting"
    telegram.world.start_private(telegram.world.add_user("Ann"), 42)
    async with asyncio.timeout(10):
        while (found := (await findings(environ | webhook))["bot"]).well:
            pass
    assert found.detail.startswith("Telegram could not deliver: ")
    assert "WEBHOOK_URL leads to PORT" in found.remedy


async def set_webhook(telegram: Simulator, url: str) -> None:
    """Have the box deliver to an address."""
    address = f"{telegram.url}/bot{TOKEN}/setWebhook"
    async with aiohttp.ClientSession() as session, session.post(address, json={"url": url}) as answer:
        assert answer.status == 200, await answer.text()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_the_table_shows_each_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets in it are text, not markup."""
    show([Finding("a", True, "fine"), Finding("b", False, "bad [red]", "mend it")])
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("ok", "fine", "no", "bad [red]", "mend it"))
