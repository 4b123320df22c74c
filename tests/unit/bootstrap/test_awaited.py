"""A database that is not there yet when GMBot starts."""

from __future__ import annotations

import asyncio

import pytest
from tests.fixtures.telegram import LeapingClock

from gmbot.adapters.sql.database import Database, connect
from gmbot.adapters.sql.reads import ping
from gmbot.bootstrap.awaited import AwaitedDatabase
from gmbot.domain.errors import ConfigurationError, Unavailable
from gmbot.gate.events import Event, Lifecycle
from gmbot.resilience.backoff import Backoff

BACKOFF = Backoff(cap_s=5.0, random=lambda: 1.0)
PATIENCE_S = 5.0


class Door:
    """Opens a database when it is told to, and until then fails as often as it is tried."""

    def __init__(self, failures: list[Exception]) -> None:
        self.failures = failures
        self.hanging = asyncio.Event()

    async def open(self, url: str) -> Database:
        """Return the database, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        await self.hanging.wait()
        return connect(url)


@pytest.fixture
async def door() -> Door:
    """A door that opens at once."""
    door = Door([])
    door.hanging.set()
    return door


async def test_a_database_that_is_there_is_opened_at_once(door: Door, sqlite_url: str) -> None:
    """Nobody waits for anything, and nothing is told."""
    awaited = AwaitedDatabase(sqlite_url, door.open)
    await awaited.open(PATIENCE_S)
    await awaited.read(ping)
    await awaited.write(ping)
    assert awaited.dialect == "sqlite"
    await awaited.close()


async def test_one_that_is_down_is_waited_for_and_told(door: Door, sqlite_url: str) -> None:
    """Each attempt is told; until one succeeds, whoever asks is told that there is no database."""
    door.failures = [Unavailable("nobody listens"), Unavailable("nobody listens")]
    awaited, events, clock = AwaitedDatabase(sqlite_url, door.open), list[Event](), LeapingClock()
    await awaited.open(PATIENCE_S)
    with pytest.raises(Unavailable):
        await awaited.read(ping)
    with pytest.raises(Unavailable):
        await awaited.write(ping)
    await awaited.wait(clock, events.append, BACKOFF)
    assert events == [Lifecycle("waiting_for_database", "nobody listens")] * 2
    assert clock.naps == [1.0, 2.0]
    await awaited.read(ping)
    await awaited.close()


async def test_one_that_hangs_holds_up_the_start_for_a_moment_only(door: Door, sqlite_url: str) -> None:
    """The attempt goes on meanwhile, and counts when it succeeds."""
    door.hanging.clear()
    awaited, events = AwaitedDatabase(sqlite_url, door.open), list[Event]()
    await awaited.open(0.0)
    waiting = asyncio.create_task(awaited.wait(LeapingClock(), events.append, BACKOFF))
    door.hanging.set()
    await waiting
    assert events == []
    await awaited.close()


async def test_a_wrong_setting_ends_the_wait(door: Door, sqlite_url: str) -> None:
    """What only an operator can mend is not waited for, at first nor later."""
    door.failures = [ConfigurationError("wrong"), Unavailable("nobody listens"), ConfigurationError("wrong")]
    with pytest.raises(ConfigurationError):
        await AwaitedDatabase(sqlite_url, door.open).open(PATIENCE_S)
    awaited = AwaitedDatabase(sqlite_url, door.open)
    await awaited.open(PATIENCE_S)
    with pytest.raises(ConfigurationError):
        await awaited.wait(LeapingClock(), lambda event: None, BACKOFF)


async def test_a_stop_ends_the_attempt(door: Door, sqlite_url: str) -> None:
    """Nothing is opened any more once it is closed."""
    door.hanging.clear()
    awaited = AwaitedDatabase(sqlite_url, door.open)
    await awaited.open(0.0)
    await awaited.close()
    with pytest.raises(Unavailable):
        await awaited.read(ping)
