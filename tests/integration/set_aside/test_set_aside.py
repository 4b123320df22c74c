"""`gmbot set-aside`: what an operator sees of the updates that could not be handled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.cli import main
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.changes import Changes, SetAside

NOON = 1_790_000_000.0
TOKENS = f"123456:{'A' * 35},654321:{'B' * 35}"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of two bots' and one that is not ours, named by the environment."""
    address = f"sqlite:///{tmp_path}/gmbot.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("BOT_TOKEN", TOKENS)
    return address


async def _keep(url: str, bot: int, *updates: int) -> None:
    database = await open_database(url)
    store = SqlStore(database, BotId(bot), lambda event: None)
    for update in updates:
        kept = SetAside(
            UpdateId(update), "message", "KeyError", "judge.py:88", 3, NOON, '{"is":"MessageSeen"}'
        )
        await store.apply(Changes(set_aside=(kept,)))
    await database.close()


async def _filled(url: str) -> None:
    await _keep(url, 123456, 11, 12)
    await _keep(url, 654321, 21)
    await _keep(url, 999999, 31)


def test_an_operator_sees_each_newest_first(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every bot of BOT_TOKEN and of no other, with what went wrong and where."""
    asyncio.run(_filled(url))
    assert main(["set-aside"]) == 0
    shown = capsys.readouterr().out
    assert shown.index(" 12 ") < shown.index(" 11 ") < shown.index(" 21 ")
    assert " 31 " not in shown
    for word in ("KeyError", "judge.py:88", "MessageSeen", "2026-09-21"):
        assert word in shown


def test_no_more_are_shown_than_asked_for(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each bot."""
    asyncio.run(_filled(url))
    assert main(["set-aside", "--limit", "1"]) == 0
    shown = capsys.readouterr().out
    assert " 12 " in shown
    assert " 11 " not in shown


def test_nothing_set_aside_is_said_plainly(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """That is how it should be."""
    assert main(["set-aside"]) == 0
    assert capsys.readouterr().out == "No update is set aside.\n"
