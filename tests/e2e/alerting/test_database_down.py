"""From a killed database to somebody's pager, and back, with nothing between that is not the real thing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.alerting.surroundings import (
    SECRET,
    Addresses,
    Receivers,
    alertmanager,
    answers,
    becomes,
    firing,
    product,
    prometheus,
    receivers,
)
from tests.fixtures.child import free_port
from tests.fixtures.postgres import PostgresServer, running_postgres
from tests.fixtures.redis import RedisServer

from gmbot.demo.box import TOKEN, Box, opened_box

WATCHMAN = "987654321:" + "watch" * 7
NAME = "GMBotDatabaseDown"
SUMMARY = "GMBot has lost its database"


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to be killed."""
    with running_postgres() as server:
        yield server


@dataclass(frozen=True)
class Watch:
    """Everything that runs, and what it tells."""

    box: Box
    where: Addresses
    told: Receivers

    def pages(self, action: str) -> list[Any]:
        """Return what PagerDuty was sent of this alert: `action` is trigger or resolve."""
        sent = (page for page in self.told.of("pagerduty") if page["event_action"] == action)
        return [page for page in sent if page["payload"]["summary"] == SUMMARY]

    def noted(self) -> bool:
        """Whether this alert stands in Slack."""
        return any(SUMMARY in json.dumps(note) for note in self.told.of("slack"))

    def shown(self, status: str) -> bool:
        """Whether a message of this alert with that status stands in the operators' Telegram chat."""
        line = f"{status} critical: {SUMMARY}"
        return any(line in message.text for message in self.box.world.messages(self.where.chat))


async def test_a_lost_database_pages_somebody_and_its_return_tells_them(
    postgres: PostgresServer, redis_server: RedisServer, tmp_path: Path
) -> None:
    """The alert fires, is routed by its severity to PagerDuty, Slack and Telegram, and resolves."""
    async with opened_box() as box:
        with ExitStack() as exits:
            where, told = _addresses(box, exits)
            watch = Watch(box, where, told)
            await asyncio.to_thread(_start, watch, postgres, redis_server, tmp_path, exits)
            await becomes(lambda: bool(told.of("heartbeat")))
            assert NAME not in firing(where.prometheus)

            await asyncio.to_thread(postgres.stop)
            await becomes(lambda: bool(watch.pages("trigger")) and watch.shown("FIRING") and watch.noted())
            assert NAME in firing(where.prometheus)
            _says_what_is_wrong(watch)

            await asyncio.to_thread(postgres.start)
            await becomes(lambda: bool(watch.pages("resolve")) and watch.shown("RESOLVED"))
            assert NAME not in firing(where.prometheus)


def _says_what_is_wrong(watch: Watch) -> None:
    page = watch.pages("trigger")[0]
    assert page["routing_key"] == SECRET
    assert page["payload"]["severity"] == "critical"
    assert page["links"][0]["href"].endswith(f"/docs/runbooks/{NAME}.md")


def _addresses(box: Box, exits: ExitStack) -> tuple[Addresses, Receivers]:
    watchman = box.world.add_bot(WATCHMAN, "watchman_bot", "Watchman")
    chat = box.world.create_supergroup(box.owner, "Operators")
    box.world.add_bot_to_chat(chat, watchman, box.owner, rights=())
    told = exits.enter_context(receivers())
    where = Addresses(
        product=free_port(), receivers=told.url, telegram=box.simulator.url, bot_token=WATCHMAN, chat=chat
    )
    return where, told


def _start(
    watch: Watch, postgres: PostgresServer, redis: RedisServer, folder: Path, exits: ExitStack
) -> None:
    where = watch.where
    settings = {
        "BOT_TOKEN": TOKEN,
        "ENVIRONMENT": "production",
        "DATABASE_URL": postgres.url(postgres.create()),
        "REDIS_URL": redis.url,
        "TELEGRAM_API_URL": watch.box.simulator.url,
        "OPS_PORT": str(where.product),
    }
    programs = (
        ("product", product(_folder(folder, "product"), settings), answers(where.product, "/ready")),
        (
            "alertmanager",
            alertmanager(_folder(folder, "alertmanager"), where),
            answers(where.alertmanager, "/-/ready"),
        ),
        (
            "prometheus",
            prometheus(_folder(folder, "prometheus"), where),
            answers(where.prometheus, "/-/ready"),
        ),
    )
    for _, child, ready in programs:
        exits.callback(child.stop)
        child.start(ready)


def _folder(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made
