"""The whole product, something in it that nobody foresaw, and what arrives of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.fixtures.bugsink import Bugsink
from tests.fixtures.metrics import seconds_until

from gmbot.adapters.sql.database import Database, Work, open_database
from gmbot.bootstrap import Product
from gmbot.bootstrap.product import Demo
from gmbot.demo.box import TOKEN, opened_box
from gmbot.settings import Secret, Settings

T = TypeVar("T")
pytestmark = pytest.mark.xdist_group("bugsink")
ARRIVAL_S = 30.0
CANARY = "canary words that somebody wrote"


class Faulty:
    """A database whose reads, once `broken`, fail as no database should, and quote what they must not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.broken = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    async def read(self, work: Work[T]) -> T:
        """Read, or fail."""
        if self.broken:
            raise KeyError(CANARY, TOKEN)
        return await self._database.read(work)


async def test_an_injected_failure_appears_once(bugsink: Bugsink, tmp_path: Path) -> None:
    """With its context and without the token, and the log line says where it happened."""
    before, opened, log = len(bugsink.reports()), list[Faulty](), io.BytesIO()

    def set_aside() -> list[dict[str, Any]]:
        arrived = bugsink.reports()[before:]
        return [report for report in arrived if report["tags"]["where"] == "UpdateSetAside"]

    async def faulty(url: str) -> Database:
        opened.append(Faulty(await open_database(url)))
        return opened[0]  # type: ignore[return-value]

    async with opened_box() as box:
        settings = Settings(
            bot_tokens=(Secret(TOKEN),),
            database_url=Secret(f"sqlite:///{tmp_path}/gmbot.db"),
            sentry_dsn=Secret(bugsink.dsn),
            ops_port=0,
            telegram_api_url=box.simulator.url,
        )
        async with Product(settings, stream=log, demo=Demo(open_database=faulty)):
            box.world.say(box.owner, box.group, "/protect @garden_news")
            await seconds_until(lambda: box.said("now"), ARRIVAL_S)
            opened[0].broken = True
            stranger = box.world.add_user(CANARY)
            box.world.join(stranger, box.group)
            await seconds_until(lambda: b"update_set_aside" in log.getvalue(), ARRIVAL_S)
            opened[0].broken = False
            await seconds_until(set_aside, ARRIVAL_S)

    reports = set_aside()
    assert len(reports) == 1
    assert reports[0]["exception"]["values"][0]["type"] == "KeyError"
    assert {"bot", "group"} <= reports[0]["tags"].keys()
    assert reports[0]["tags"]["update"] == "chat_member"
    assert reports[0]["user"]["id"]
    assert "canary" not in json.dumps(bugsink.reports()[before:]) + log.getvalue().decode()
    assert TOKEN not in json.dumps(bugsink.reports()[before:]) + log.getvalue().decode()
