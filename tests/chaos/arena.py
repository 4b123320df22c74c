"""A town, the servers that GMBot needs, a bad network before each of them, and GMBot."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.program import RUN, Program, started
from tests.chaos.town import Town, founded, overheard
from tests.fixtures.child import temporary_folder
from tests.fixtures.postgres import PostgresServer, running_postgres
from tests.fixtures.proxy import Measures, Proxy
from tests.fixtures.redis import RedisServer

from gmbot.adapters.sql.migrate import upgrade

TELEGRAM, POSTGRES, REDIS = "telegram", "postgres", "redis"
PATIENCE_S = 30.0
LOOK_AGAIN_S = 0.02


@dataclass
class Servers:
    """A PostgreSQL with a migrated database to copy, and a folder for what else there is."""

    folder: Path
    postgres: PostgresServer
    template: str


@contextmanager
def opened_servers() -> Iterator[Servers]:
    """Yield a running PostgreSQL; for whoever is not a test with fixtures."""
    with temporary_folder("gmbot-chaos-") as folder, running_postgres() as server:
        template = server.create()
        asyncio.run(upgrade(server.url(template)))
        yield Servers(folder, server, template)


@dataclass(kw_only=True)
class Arena:
    """Everything around one GMBot. `proxies` stand before what it needs, by name."""

    folder: Path
    town: Town
    proxies: dict[str, Proxy]
    environ: dict[str, str]
    ask: Callable[[str], list[Sequence[str]]]
    redis: RedisServer | None = None
    runs: list[Program] = field(default_factory=list)
    watches: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def program(self) -> Program:
        """The newest run of GMBot."""
        return self.runs[-1]

    async def start(self, command: Sequence[str] = RUN) -> Program:
        """Start GMBot, and look at its pages from now on."""
        number = len(self.runs) + 1
        program = await started(self.folder, self.environ, command=command, number=number)
        self.runs.append(program)
        self.watches.append(asyncio.create_task(program.watch()))
        return program

    async def stop_watching(self) -> None:
        """Look at no page any more."""
        for watch in self.watches:
            watch.cancel()
        await asyncio.gather(*self.watches, return_exceptions=True)
        self.watches.clear()

    async def protect(self) -> None:
        """Have the owner protect the group and open the settings; return when both are answered."""
        town = self.town
        town.world.say(town.owner, town.group, "/protect @news")
        await until(lambda: "is required from now on" in self._said(), "the group is protected")
        town.world.say(town.owner, town.group, "/settings")
        await until(lambda: town.menu() is not None, "the settings are shown")

    def _said(self) -> str:
        town = self.town
        texts = [m.wire.get("text") for m in town.world.messages(town.group) if m.author == town.bot_id]
        return " ".join(map(str, texts))


async def until(so: Callable[[], object], what: str, within_s: float = PATIENCE_S) -> float:
    """Return after how many seconds something was so. Raises TimeoutError, with the words for it."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not so():
        if loop.time() - began > within_s:
            raise TimeoutError(f"not within {within_s:.0f} s: {what}")
        await asyncio.sleep(LOOK_AGAIN_S)
    return loop.time() - began


@asynccontextmanager
async def arena_on_postgres(
    servers: Servers, folder: Path, seed: int, measures: Measures | None = None
) -> AsyncIterator[Arena]:
    """Yield an arena whose GMBot works on PostgreSQL and Redis, each behind a bad network."""
    async with AsyncExitStack() as exits:
        town = await _town(seed, exits)
        redis_folder = exits.enter_context(temporary_folder("gmbot-chaos-redis-"))
        redis = RedisServer(redis_folder)
        redis.start()
        exits.callback(redis.kill)
        name = servers.postgres.create(servers.template)
        exits.callback(servers.postgres.drop, name)
        addresses = {
            TELEGRAM: town.simulator.url,
            POSTGRES: servers.postgres.url(name),
            REDIS: redis.url,
        }
        proxies = {
            role: await exits.enter_async_context(Proxy(address, measures))
            for role, address in addresses.items()
        }
        arena = Arena(
            folder=folder,
            town=town,
            proxies=proxies,
            environ={
                "TELEGRAM_API_URL": proxies[TELEGRAM].url,
                "DATABASE_URL": proxies[POSTGRES].url,
                "REDIS_URL": proxies[REDIS].url,
            },
            ask=lambda query: _rows(servers.postgres.run(query, name)),
            redis=redis,
        )
        exits.push_async_callback(_ended, arena)
        yield arena


@asynccontextmanager
async def arena_on_sqlite(template: Path, folder: Path, seed: int) -> AsyncIterator[Arena]:
    """Yield an arena whose GMBot works on an SQLite file, a copy of the template."""
    async with AsyncExitStack() as exits:
        town = await _town(seed, exits)
        database = folder / "gmbot.db"
        shutil.copyfile(template, database)
        arena = Arena(
            folder=folder,
            town=town,
            proxies={},
            environ={"TELEGRAM_API_URL": town.simulator.url, "DATABASE_URL": f"sqlite:///{database}"},
            ask=lambda query: _in_file(database, query),
        )
        exits.push_async_callback(_ended, arena)
        yield arena


async def _town(seed: int, exits: AsyncExitStack) -> Town:
    town = founded(seed)
    await town.simulator.start()
    exits.push_async_callback(town.simulator.stop)
    exits.enter_context(overheard(town))
    return town


async def _ended(arena: Arena) -> None:
    await arena.stop_watching()
    for program in arena.runs:
        program.kill()
        await program.gone()


def _rows(printed: str) -> list[Sequence[str]]:
    return [line.split("|") for line in printed.splitlines()]


def _in_file(database: Path, query: str) -> list[Sequence[str]]:
    connection = sqlite3.connect(database)
    try:
        return [tuple(str(value) for value in row) for row in connection.execute(query)]
    finally:
        connection.close()
