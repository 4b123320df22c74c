"""The whole service tells how it is, from its start on, and writes the lines that it is told to write."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from tests.fixtures.child import free_port
from tests.fixtures.log_lines import misfits, parsed
from tests.fixtures.metrics import scraped, seconds_until, series, value

from gmbot.bootstrap import Product
from gmbot.demo.box import TOKEN, Box, opened_box
from gmbot.domain.errors import ConfigurationError
from gmbot.settings import Environment, LogLevel, Secret, Settings

WORD = "a-word-for-operators"
OPERATOR = {"Authorization": f"Bearer {WORD}"}
MESSAGES = "bot_updates_total", (("kind", "message"),)
CHECKS = {"database", "telegram", "intake", "send_queue", "migrations"}


def settings(folder: Path, api: str, **more: object) -> Settings:
    """Return settings of a production with embedded SQLite."""
    return Settings(
        bot_tokens=(Secret(TOKEN),),
        database_url=Secret(f"sqlite:///{folder}/gmbot.db"),
        environment=Environment.PRODUCTION,
        telegram_api_url=api,
        ops_token=Secret(WORD),
        **{"ops_port": 0, **more},  # type: ignore[arg-type]
    )


async def asked(product: Product, path: str) -> tuple[int, dict[str, object]]:
    """Return a page's status and what it says to an operator."""
    assert product.ops is not None
    async with (
        aiohttp.ClientSession() as web,
        web.get(f"http://127.0.0.1:{product.ops.port}{path}", headers=OPERATOR) as answer,
    ):
        return answer.status, await answer.json()


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    """A Telegram in a box."""
    async with opened_box() as opened:
        yield opened


async def test_a_service_at_work_is_healthy(box: Box, tmp_path: Path) -> None:
    """Every check looks at the real thing."""
    log = tmp_path / "log"
    with log.open("ab") as stream:
        async with Product(settings(tmp_path, box.simulator.url), stream=stream) as product:
            await seconds_until(lambda: _healthy(product), 5)
            status, report = await asked(product, "/health")
            assert (status, (await asked(product, "/ready"))[0]) == (200, 200)
    assert isinstance(report["checks"], dict)
    assert report["checks"].keys() >= CHECKS
    assert all(report["checks"][name]["details"] for name in CHECKS)


async def _healthy(product: Product) -> bool:
    return (await asked(product, "/health"))[1]["status"] == "healthy"


async def test_a_service_that_waits_for_telegram_is_live(tmp_path: Path) -> None:
    """It is not ready, its health says so, and its loop beats: nobody restarts it."""
    log = tmp_path / "log"
    with log.open("ab") as stream:
        product = Product(settings(tmp_path, f"http://127.0.0.1:{free_port()}"), stream=stream)
        starting = asyncio.create_task(product.__aenter__())
        await seconds_until(lambda: product.ops is not None, 10)
        before = product.desk.heartbeat._last
        await seconds_until(lambda: product.desk.heartbeat._last > before, 5)
        assert (await asked(product, "/live"))[0] == 200
        assert (await asked(product, "/ready"))[0] == 503
        status, report = await asked(product, "/health")
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
    assert status == 503
    assert isinstance(report["checks"], dict)
    assert report["checks"]["intake"]["error"] == "starting"


async def test_the_log_level_changes_while_it_runs(box: Box, tmp_path: Path) -> None:
    """By signal or over HTTP: everything for a while, then what is configured."""
    log = tmp_path / "log"
    with log.open("ab") as stream:
        running = settings(tmp_path, box.simulator.url, log_level=LogLevel.WARNING)
        async with Product(running, stream=stream) as product:
            assert product.ops is not None
            page = f"http://127.0.0.1:{product.ops.port}/log-level"
            async with aiohttp.ClientSession(headers=OPERATOR) as web:
                async with web.put(page, data="DEBUG") as answer:
                    assert await answer.json() == {"level": "DEBUG"}
                box.world.join(box.world.add_user("Sam"), box.group)
                await seconds_until(lambda: {"update_handled", "query_ran"} <= _said(log), 5)
                product.desk.set_level()
                async with web.get(page) as answer:
                    assert await answer.json() == {"level": "WARNING"}
    assert {"log_level", "update_handled", "query_ran"} <= _said(log)
    assert not {"ready", "stopped"} & _said(log)
    assert misfits(parsed(log.read_text())) == []


def _said(log: Path) -> set[str]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return {line["stage"] if line["event"] == "lifecycle" else line["event"] for line in lines}


@pytest.mark.parametrize(("share", "lines"), [(0.0, 0), (1.0, 20)])
async def test_of_ordinary_messages_a_share_is_logged(
    box: Box, tmp_path: Path, share: float, lines: int
) -> None:
    """They are counted in any case."""
    log = tmp_path / "log"
    with log.open("ab") as stream:
        sampling = settings(tmp_path, box.simulator.url, log_sample=share)
        async with Product(sampling, stream=stream) as product:
            await seconds_until(lambda: not box.unconfirmed, 5)
            before = series(await scraped(product))[MESSAGES]
            for number in range(20):
                box.world.say(box.owner, box.group, f"Tomato {number}")
            await seconds_until(lambda: not box.unconfirmed, 5)
            counted = series(await scraped(product))[MESSAGES] - before
    told = [line for line in parsed(log.read_text()) if line.get("kind") == "message"]
    assert (counted, len(told) - before * share) == (20, lines)


async def test_a_log_that_nobody_takes_costs_nothing_and_is_counted(box: Box, tmp_path: Path) -> None:
    """Its reader went away: people are served, and operators can see it."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as stream:
        async with Product(settings(tmp_path, box.simulator.url), stream=stream) as product:
            await seconds_until(lambda: _lines_dropped(product), 5)
            assert (await asked(product, "/ready"))[0] == 200


async def _lines_dropped(product: Product) -> bool:
    return await value(product, "bot_log_lines_dropped_total") > 0


async def test_why_a_start_failed_is_in_the_log(box: Box, tmp_path: Path) -> None:
    """Whoever reads the collected log need not find the terminal."""
    log = tmp_path / "log"
    with log.open("ab") as stream, socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(ConfigurationError):
            await Product(settings(tmp_path, box.simulator.url, ops_port=taken), stream=stream).__aenter__()
    (why,) = [line for line in parsed(log.read_text()) if line.get("stage") == "misconfigured"]
    assert (why["level"], f"OPS_PORT is {taken}, but" in why["detail"]) == ("error", True)
