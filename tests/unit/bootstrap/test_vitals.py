"""What is looked at from time to time: Telegram's queue, the database's pool, the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection

from gmbot.adapters.sql.database import T, Work
from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap.vitals import Backlog, WatchedDatabase, feel_loop
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.events import BacklogSeen, DatabaseUsed, Event, LoopLagged
from gmbot.resilience.clock import SystemClock


class Reported:
    """A Telegram whose webhook report is what the test says; None: it does not answer."""

    def __init__(self) -> None:
        self.report: str | None = '{"url": ""}'

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Answer with the report."""
        if self.report is None:
            raise Unavailable(f"{method}: no answer")
        return Reply(200, f'{{"ok": true, "result": {self.report}}}'.encode(), None)


class Slow:
    """A database whose work takes until it is told to end."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self.end = asyncio.Event()

    async def read(self, work: Work[T]) -> T:
        """Wait."""
        await self.end.wait()
        raise Unavailable("the database does not answer")

    write = read

    async def close(self) -> None:
        """Nothing to close."""


def look(telegram: Reported, heard: list[Event]) -> Backlog:
    """Return what looks at one bot's report."""

    def emit(event: Event) -> None:
        if isinstance(event, BacklogSeen):
            heard.append(event)

    clock = SystemClock()
    return Backlog([BotClient(telegram, bot_id=BotId(1), clock=clock, emit=emit)], emit, clock)


async def test_what_waits_at_telegram_is_told() -> None:
    """In polling and in webhook mode alike."""
    telegram, heard = Reported(), list[Event]()
    telegram.report = '{"url": "", "pending_update_count": 41}'
    await look(telegram, heard).look()
    assert heard == [BacklogSeen(41, 0)]


async def test_a_failure_is_counted_once_and_history_never() -> None:
    """The report keeps showing the last failure for as long as the webhook stands."""
    telegram, heard = Reported(), list[Event]()
    backlog = look(telegram, heard)
    for second in (100, 100, 160, 160):
        telegram.report = f'{{"url": "https://bot.example.org", "last_error_date": {second}}}'
        await backlog.look()
    assert [event.webhook_failures for event in heard if isinstance(event, BacklogSeen)] == [0, 0, 1, 0]


async def test_the_first_failure_after_a_clean_start_counts() -> None:
    """From no failure to one is news too."""
    telegram, heard = Reported(), list[Event]()
    backlog = look(telegram, heard)
    await backlog.look()
    telegram.report = '{"url": "https://bot.example.org", "last_error_date": 100}'
    await backlog.look()
    assert heard[-1] == BacklogSeen(0, 1)


async def test_the_most_at_once_is_told_and_forgotten() -> None:
    """What is still under way counts for the next time as well."""
    slow, work = Slow(), _nothing
    database = WatchedDatabase(slow)
    tasks = [asyncio.create_task(database.read(work)), asyncio.create_task(database.write(work))]
    await asyncio.sleep(0)
    assert (database.used(), database.used()) == (DatabaseUsed(2), DatabaseUsed(2))
    slow.end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (database.used(), database.used()) == (DatabaseUsed(2), DatabaseUsed(0))


async def test_a_late_wake_up_is_told() -> None:
    """Somebody kept the loop busy for a quarter of a second."""
    heard: list[Event] = []
    times: Iterator[float] = iter((0.0, 0.75, 0.75, 1.25))
    with contextlib.suppress(StopIteration, RuntimeError):
        await feel_loop(heard.append, Instant(), lambda: next(times))
    assert heard == [LoopLagged(0.25), LoopLagged(0.0)]


class Instant(SystemClock):
    """A clock that sleeps no time at all."""

    async def sleep(self, delay_s: float) -> None:
        """Return at once."""


def _nothing(_: Connection) -> None:
    return None
