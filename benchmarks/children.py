"""What is measured runs as a process of its own, alone on its core: GMBot, or the bot it is compared with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import msgspec
from tests.fixtures.child import free_port

from benchmarks import machine
from benchmarks.filling import fill_sqlite
from benchmarks.lean.members import Members
from benchmarks.lean.telegram import LeanTelegram
from benchmarks.lean.updates import BOT_ID, TOKEN
from benchmarks.town import Town

ROOT = Path(__file__).parents[1]
SECRET = "s" * 32
PATIENCE_S = 60.0
GMBOT = ("gmbot", "run")
BASELINE = ("benchmarks.baseline",)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """Where a bot is measured: the town it knows, and what differs from the usual settings.

    `database` is an address of a filled database; without one, an SQLite file is made and filled.
    """

    town: Town = Town()
    webhook: bool = False
    database: str | None = None
    environ: Mapping[str, str] = {}
    module: tuple[str, ...] = GMBOT
    first_id: int = 1
    echoes: bool = True


class Subject:
    """A bot at work, and the Telegram it works for."""

    def __init__(self, telegram: LeanTelegram, process: asyncio.subprocess.Process, ground: Ground) -> None:
        self.telegram = telegram
        self.town = ground.town
        self.pid = process.pid
        self.process = process
        self.asks_always = ground.module == BASELINE
        self.port = 0
        self.ops_port = 0
        self.ready_s = 0.0

    @property
    def path(self) -> str:
        """Where updates are posted to."""
        return f"/webhook/{BOT_ID}"

    def cpu_s(self) -> float:
        """Return the CPU seconds that the bot has used."""
        return machine.cpu_s(self.pid)

    def calls(self) -> int:
        """Return how many calls it made to Telegram, without polls and looks at the backlog."""
        housekeeping = ("getUpdates", "getWebhookInfo", "setMyCommands")
        return self.telegram.calls.total() - sum(self.telegram.calls[method] for method in housekeeping)

    async def quiet(self, for_s: float = 0.5, patience_s: float = 5.0) -> None:
        """Return once the bot has called nobody for a while, or does not stop calling."""
        before, left_s = -1, patience_s
        while before != self.calls() and left_s > 0:
            before = self.calls()
            left_s -= for_s
            await asyncio.sleep(for_s)


@asynccontextmanager
async def at_work(ground: Ground) -> AsyncIterator[Subject]:
    """Yield a bot that takes updates: its first poll came, or its webhook is set."""
    members = Members(ground.town.subscribed)
    members.channels = ground.town.channel_ids
    telegram = LeanTelegram(members, first_id=ground.first_id, echoes=ground.echoes)
    url = await telegram.start()
    with TemporaryDirectory(prefix="gmbot-bench-") as folder:
        database = ground.database or await _filled(Path(folder) / "bench.db", ground)
        ports = (free_port(), free_port())
        environ = _environ(url, database, ports, ground)
        ready = asyncio.ensure_future(_ready(telegram, ground))
        await asyncio.sleep(0)
        log = (Path(folder) / "bot.log").open("wb")
        started = perf_counter()
        process = await _spawn(ground, environ, log.fileno())
        subject = Subject(telegram, process, ground)
        subject.port, subject.ops_port = ports
        try:
            subject.ready_s = await _unless_ended(ready, process, Path(log.name)) - started
            yield subject
        finally:
            ready.cancel()
            await _end(process)
            log.close()
            await telegram.stop()


async def _filled(path: Path, ground: Ground) -> str:
    url = f"sqlite:///{path}"
    if ground.module != BASELINE:
        from gmbot.adapters.sql.migrate import upgrade

        await upgrade(f"sqlite:///{path}")
        await asyncio.to_thread(fill_sqlite, path, ground.town.tables())
    else:
        from benchmarks.baseline.storage import prepare

        await prepare(f"sqlite+aiosqlite:///{path}", ground.town)
    return url


def _environ(url: str, database: str, ports: tuple[int, int], ground: Ground) -> dict[str, str]:
    environ = {
        "PATH": os.environ["PATH"],
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url,
        "DATABASE_URL": database,
        "OPS_PORT": str(ports[1]),
        "PORT": str(ports[0]),
        "ENVIRONMENT": "production",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }
    if ground.webhook:
        environ |= {"WEBHOOK_URL": f"http://127.0.0.1:{ports[0]}", "WEBHOOK_SECRET": SECRET}
    return environ | dict(ground.environ)


async def _spawn(ground: Ground, environ: dict[str, str], log: int) -> asyncio.subprocess.Process:
    command = machine.on_product_core(sys.executable, "-m", *ground.module)
    cwd = "/" if ground.module == GMBOT else ROOT
    return await asyncio.create_subprocess_exec(*command, env=environ, stdout=log, stderr=log, cwd=cwd)


async def _ready(telegram: LeanTelegram, ground: Ground) -> float:
    """Return when the first getUpdates or setWebhook came."""
    if not ground.webhook:
        return await telegram.first_poll()
    came: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def hear(method: str, _: object, moment: float) -> None:
        if method == "setWebhook" and not came.done():
            came.set_result(moment)

    forget = telegram.listen(hear)
    try:
        return await came
    finally:
        forget()


async def _unless_ended(
    ready: asyncio.Future[float], process: asyncio.subprocess.Process, log: Path
) -> float:
    ended = asyncio.ensure_future(process.wait())
    waiting: set[asyncio.Future[Any]] = {ready, ended}
    try:
        await asyncio.wait(waiting, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise RuntimeError(f"the bot does not start: {_last_words(log)}")
        return ready.result()
    finally:
        ended.cancel()


def _last_words(log: Path) -> str:
    return log.read_text()[-2000:]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE_S)
        except TimeoutError:
            process.kill()
            await process.wait()
