"""Each row of "what every dependency's failure does", with the real thing killed, while a town lives on."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.chaos import shifted
from tests.chaos.arena import Arena, Servers, arena_on_postgres, arena_on_sqlite
from tests.chaos.trial import Trial, endure
from tests.fixtures.redis import RedisServer

from gmbot.simulator import Fault, FaultKind

LASTING_S = 4.0
SEED = 5
HOUR_S = 3600.0
SLOW_WRITES = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
CREATE TRIGGER slow AFTER INSERT ON applied_updates FOR EACH STATEMENT EXECUTE FUNCTION slow();
"""

Deed = Callable[[], object]


@asynccontextmanager
async def between(begin: Deed, end: Deed) -> AsyncIterator[None]:
    """Begin something, and end it with the block."""
    begin()
    try:
        yield
    finally:
        end()


@pytest.fixture
async def on_postgres(servers: Servers, tmp_path: Path) -> AsyncIterator[Arena]:
    """GMBot on PostgreSQL and Redis."""
    async with arena_on_postgres(servers, tmp_path, SEED) as arena:
        yield arena


@pytest.fixture
async def on_sqlite(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Arena]:
    """GMBot on an SQLite file."""
    async with arena_on_sqlite(migrated_sqlite, tmp_path, SEED) as arena:
        yield arena


async def test_without_its_database_gmbot_says_so_and_loses_no_update(
    on_postgres: Arena, servers: Servers
) -> None:
    """PostgreSQL is stopped and started: members write on, updates wait at Telegram, `/health` is 503."""
    server = servers.postgres
    trial = await endure(on_postgres, lambda: between(server.stop, server.start), lasting_s=LASTING_S)
    assert trial.said("unhealthy")
    assert trial.called_ill("database")
    assert not trial.called_ill("telegram")
    assert trial.most_unread > 0


REDIS_TROUBLES: dict[str, Callable[[RedisServer], tuple[Deed, Deed]]] = {
    "killed": lambda redis: (redis.kill, redis.start),
    "hung": lambda redis: (redis.pause, redis.resume),
    "wiped": lambda redis: (lambda: redis.ask("FLUSHALL"), lambda: None),
    "read_only": lambda redis: (
        lambda: redis.ask("REPLICAOF 127.0.0.1 1"),
        lambda: redis.ask("REPLICAOF NO ONE"),
    ),
}


async def test_without_its_redis_nobody_notices(servers: Servers, tmp_path: Path) -> None:
    """At worst `/health` says `degraded`; whoever subscribes is free as quickly as ever."""

    async def suffer(trouble: str) -> None:
        folder = tmp_path / trouble
        folder.mkdir()
        async with arena_on_postgres(servers, folder, SEED) as arena:
            assert arena.redis is not None
            begin, end = REDIS_TROUBLES[trouble](arena.redis)
            trial = await endure(arena, lambda: between(begin, end), lasting_s=LASTING_S)
        assert not trial.said("unhealthy"), trouble
        assert trial.called_ill("redis") is (trouble != "wiped"), trouble
        assert trial.worst_free_s < 10.0, trouble

    async with asyncio.TaskGroup() as group:
        for trouble in REDIS_TROUBLES:
            group.create_task(suffer(trouble))


TELEGRAM_FAULTS = (
    Fault(kind=FaultKind.TOO_MANY_REQUESTS, probability=0.5, retry_after_s=2),
    Fault(kind=FaultKind.SERVER_ERROR),
    Fault(kind=FaultKind.SERVER_ERROR, code=502, html=True, probability=0.5),
    Fault(kind=FaultKind.RESET),
    Fault(kind=FaultKind.HANG),
    Fault(kind=FaultKind.SLOW, delay_s=1.5),
    Fault(kind=FaultKind.TIMEOUT_AFTER_EFFECT, probability=0.5),
    Fault(kind=FaultKind.PARTICIPANT_ID_INVALID, method="getChatMember"),
    Fault(kind=FaultKind.DUPLICATE_UPDATE, probability=0.5),
    Fault(kind=FaultKind.REORDER_UPDATE, probability=0.5),
)


@pytest.mark.parametrize("faults", [TELEGRAM_FAULTS[:5], TELEGRAM_FAULTS[5:]], ids=["first", "second"])
async def test_whatever_telegram_does_wrong_nobody_is_wronged(
    faults: tuple[Fault, ...], migrated_sqlite: Path, tmp_path: Path
) -> None:
    """Each kind of fault that the simulator knows, on every call, or every other one."""

    async def suffer(number: int, fault: Fault) -> Trial:
        folder = tmp_path / f"telegram-{number}"
        folder.mkdir()
        async with arena_on_sqlite(migrated_sqlite, folder, SEED + number) as arena:
            rules = arena.town.simulator.faults
            trouble = between(lambda: rules.add(fault), rules.clear)
            return await endure(arena, lambda: trouble, lasting_s=LASTING_S)

    async with asyncio.TaskGroup() as group:
        for number, fault in enumerate(faults):
            group.create_task(suffer(number, fault))


async def test_a_full_disk_loses_no_update(on_sqlite: Arena, tmp_path: Path) -> None:
    """No file of the process may grow; once it may again, everything that waited is stored."""
    trial = await endure(on_sqlite, lambda: full_disk(on_sqlite, tmp_path), lasting_s=LASTING_S)
    assert trial.most_unread > 0


@asynccontextmanager
async def full_disk(arena: Arena, folder: Path) -> AsyncIterator[None]:
    """Let GMBot write nothing beyond where its database's log ends now."""
    pid = arena.program.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    limit = (folder / "gmbot.db-wal").stat().st_size
    async with between(
        lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard)),
        lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard)),
    ):
        yield


async def test_a_file_that_another_keeps_busy_is_only_slow(on_sqlite: Arena, tmp_path: Path) -> None:
    """Four fifths of the time nothing can be written, as on a disk that is busy with something else."""
    await endure(on_sqlite, lambda: busy_file(tmp_path / "gmbot.db"), lasting_s=LASTING_S)


@asynccontextmanager
async def busy_file(database: Path) -> AsyncIterator[None]:
    """Keep others from writing to a database, again and again."""

    async def keep_busy() -> None:
        connection = sqlite3.connect(database, timeout=10.0, isolation_level=None)
        try:
            while True:
                connection.execute("BEGIN IMMEDIATE")
                await asyncio.sleep(0.4)
                connection.execute("COMMIT")
                await asyncio.sleep(0.1)
        finally:
            connection.close()

    busy = asyncio.create_task(keep_busy())
    try:
        yield
    finally:
        busy.cancel()
        await asyncio.gather(busy, return_exceptions=True)


async def test_a_database_with_a_slow_disk_is_only_slow(on_postgres: Arena, servers: Servers) -> None:
    """Each write takes 0.3 s; nobody is wronged, and everything is caught up with."""
    name = on_postgres.environ["DATABASE_URL"].rpartition("/")[2]
    await endure(on_postgres, lambda: slow_writes(servers, name), lasting_s=LASTING_S)


@asynccontextmanager
async def slow_writes(servers: Servers, name: str) -> AsyncIterator[None]:
    """Have each write wait for the disk.

    Both statements wait for whoever writes, and whoever writes waits for the network, which this loop runs.
    """
    await asyncio.to_thread(servers.postgres.run, SLOW_WRITES, name)
    try:
        yield
    finally:
        await asyncio.to_thread(servers.postgres.run, "DROP FUNCTION slow CASCADE", name)


@asynccontextmanager
async def wrong_clock(arena: Arena, folder: Path, jump_s: float) -> AsyncIterator[None]:
    """Put the clock of a shifted GMBot forward or back for good.

    Meanwhile half of Telegram's answers are errors or ask for silence, so that much was put off before that.
    """
    rules = arena.town.simulator.faults
    rules.add(Fault(kind=FaultKind.SERVER_ERROR, probability=0.4))
    rules.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS, probability=0.2, retry_after_s=2))
    await asyncio.sleep(1.0)
    shifted.put(folder / "clock", jump_s)
    yield
    rules.clear()


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S, 400 * 86_400.0], ids=["on", "back", "a_year_on"])
async def test_a_clock_that_jumps_wrongs_nobody(on_sqlite: Arena, tmp_path: Path, jump_s: float) -> None:
    """The machine's clock is put forward or back, for good; facts go by Telegram's clock."""
    shifted.put(tmp_path / "clock", 0.0)
    on_sqlite.environ[shifted.VARIABLE] = str(tmp_path / "clock")
    on_sqlite.environ["PYTHONPATH"] = os.pathsep.join(
        (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))
    )
    await endure(
        on_sqlite,
        lambda: wrong_clock(on_sqlite, tmp_path, jump_s),
        lasting_s=LASTING_S,
        command=("-m", "tests.chaos.shifted", "run"),
    )
