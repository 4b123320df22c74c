"""Works that wait for SQLite's one writer share a transaction, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from gmbot.adapters.sql.database import Sqlite, Work, connect
from gmbot.adapters.sql.gathering import Spoilt
from gmbot.domain.errors import Unavailable


def database(folder: Path) -> Sqlite:
    """An empty database."""
    opened = connect(f"sqlite:///{folder}/notes.db")
    assert isinstance(opened, Sqlite)
    return opened


def note(text: str) -> Work[str]:
    """A work that writes a line, and returns it."""

    def work(db: Connection) -> str:
        db.exec_driver_sql("INSERT INTO notes VALUES (?)", (text,))
        return text

    return work


def table(db: Connection) -> None:
    """A work that makes room for lines, each only once."""
    db.exec_driver_sql("CREATE TABLE notes (line TEXT PRIMARY KEY)")


def impatient(db: Connection) -> None:
    """A work after which nobody is waited for."""
    db.exec_driver_sql("PRAGMA busy_timeout = 0").close()


def lines(db: Connection) -> list[str]:
    """All lines."""
    return [row[0] for row in db.exec_driver_sql("SELECT line FROM notes ORDER BY line")]


def broken(db: Connection) -> str:
    """A work with a mistake in it, after it has written something."""
    note("half")(db)
    raise ZeroDivisionError


def mistaken(db: Connection) -> object:
    """A question with a mistake in it."""
    raise ZeroDivisionError


async def test_many_works_share_a_commit(tmp_path: Path) -> None:
    """A hundred at once are a handful of commits."""
    opened = database(tmp_path)
    commits: list[object] = []
    await opened.write(table)
    event.listen(opened.engines[0], "commit", commits.append)
    written = await asyncio.gather(*(opened.write(note(f"{number:03}")) for number in range(100)))
    assert written == await opened.read(lines)
    assert len(commits) <= 4
    await opened.close()


async def test_a_work_that_fails_spoils_no_other(tmp_path: Path) -> None:
    """It alone is undone, and its caller alone hears of it."""
    opened = database(tmp_path)
    await opened.write(table)
    works = (note("a"), note("b"), broken, note("b"), note("c"))
    ended = await asyncio.gather(*(opened.write(work) for work in works), return_exceptions=True)
    assert [type(one) for one in ended] == [str, str, ZeroDivisionError, Spoilt, str]
    assert await opened.read(lines) == ["a", "b", "c"]
    await opened.close()


async def test_who_gives_up_before_their_turn_writes_nothing(tmp_path: Path) -> None:
    """A work that nobody waits for any more is not begun."""
    opened = database(tmp_path)
    await opened.write(table)
    first = asyncio.ensure_future(opened.write(note("first")))
    second = asyncio.ensure_future(opened.write(note("second")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await first
    assert await opened.read(lines) == ["first"]
    await opened.close()


async def test_another_process_that_writes_is_waited_for_once(tmp_path: Path) -> None:
    """All who share the transaction hear that it could not be begun."""
    opened, other = database(tmp_path), database(tmp_path)
    await opened.write(table)
    await opened.write(impatient)
    with other.engines[0].connect() as held:
        held.exec_driver_sql("INSERT INTO notes VALUES ('theirs')")
        ended = await asyncio.gather(*(opened.write(note(str(n))) for n in range(3)), return_exceptions=True)
    assert [type(one) for one in ended] == [Unavailable] * 3
    await opened.close()
    await other.close()


async def test_a_question_that_fails_spoils_no_other(tmp_path: Path) -> None:
    """Those that wait at the same time share a visit, and nothing else."""
    opened = database(tmp_path)
    await opened.write(table)
    await opened.write(note("a"))
    works: tuple[Work[object], ...] = (lines, lines, mistaken, lines, lines)
    ended = await asyncio.gather(*(opened.read(work) for work in works), return_exceptions=True)
    assert [one if isinstance(one, list) else type(one) for one in ended] == [
        ["a"],
        ["a"],
        ZeroDivisionError,
        ["a"],
        ["a"],
    ]
    await opened.close()


async def test_a_database_that_cannot_be_opened_is_told_to_everybody(tmp_path: Path) -> None:
    """Each of those who asked hears of it."""
    opened = database(tmp_path / "missing")
    read = await asyncio.gather(*(opened.read(lines) for _ in range(3)), return_exceptions=True)
    written = await asyncio.gather(*(opened.write(table) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in (*read, *written)] == [Unavailable] * 6
    await opened.close()
