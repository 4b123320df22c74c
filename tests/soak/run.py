"""A soak: GMBot as a process of its own against a town in a box, for as long as it takes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import msgspec
from tests.fixtures.child import free_port
from tests.soak.census import Sample, Verdict, judge, take
from tests.soak.child import CENSUS_EVERY_S
from tests.soak.town import FAULTS, TOKEN, Size, Town

from gmbot.simulator import Simulator, WallClock, World

TICK_S = 0.05
PATIENCE_S = 120.0
ROOT = Path(__file__).parents[2]
_UPDATES = re.compile(r"^bot_updates_total\{[^}]*\} (\S+)", re.MULTILINE)
_SET_ASIDE = re.compile(r"^bot_updates_set_aside_total\{[^}]*\} (\S+)", re.MULTILINE)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How long, how busy, how large, how often to look; `warm_s` is not judged."""

    seconds: float = 3600.0
    warm_s: float = 600.0
    rate_per_s: float = 200.0
    every_s: float = 10.0
    size: Size = Size()
    seed: int = 1
    webhook: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen. `wrong`: people muted who qualify, and people who speak and do not, at the end.

    `resting`: after all had come to rest.
    """

    samples: tuple[Sample, ...]
    resting: Sample
    verdict: Verdict
    wrong: tuple[int, int]
    pending: int
    set_aside: int
    settled_s: float
    acts: int
    stopped_s: float
    exit_code: int


async def soak(plan: Plan, told: Callable[[Sample], None] = lambda sample: None) -> Outcome:
    """Play a town's life on GMBot and return what became of it; `told` hears of each sample."""
    world = World(WallClock(), seed=plan.seed)
    town = Town(world, plan.size, seed=plan.seed)
    simulator = Simulator(world, seed=plan.seed)
    await simulator.start()
    try:
        async with _product(simulator.url, plan) as product:
            return await _live(plan, town, simulator, product, told)
    finally:
        await simulator.stop()


class _Product:
    """The child: its census, and its pages."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.tasks = 0
        self._pages = f"http://127.0.0.1:{port}"

    async def listen(self) -> None:
        """Read the census for as long as there is one."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.tasks = json.loads(line)["tasks"]

    async def ready(self) -> None:
        """Return once updates are taken. Raises RuntimeError if the process ends instead."""
        while self.process.returncode is None:
            with contextlib.suppress(OSError, aiohttp.ClientError):
                if (await self._get("/ready"))[0] == 200:
                    return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"GMBot ended with {self.process.returncode}")

    async def counted(self) -> tuple[int, int]:
        """Return how many updates were dealt with, and how many set aside, after a look at /health too."""
        await self._get("/health")
        _, metrics = await self._get("/metrics")
        updates, aside = (
            sum(float(found) for found in pattern.findall(metrics)) for pattern in (_UPDATES, _SET_ASIDE)
        )
        return round(updates), round(aside)

    async def _get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(self._pages + path) as answer:
            return answer.status, await answer.text()

    async def stop(self) -> float:
        """Have it stop in order; return how many seconds that took."""
        began = time.monotonic()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        await self.process.wait()
        return time.monotonic() - began


@asynccontextmanager
async def _product(telegram: str, plan: Plan) -> AsyncIterator[_Product]:
    with TemporaryDirectory(prefix="gmbot-soak-") as folder:
        port = free_port()
        with (Path(folder) / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.soak.child",
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env=_environ(telegram, plan, folder, port),
            )
        product = _Product(process, port)
        listening = asyncio.create_task(product.listen())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await product.ready()
            yield product
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await listening
            sys.stderr.write(_last_lines(Path(folder) / "log") if process.returncode else "")


def _environ(telegram: str, plan: Plan, folder: str, port: int) -> Mapping[str, str]:
    usual = {
        "BOT_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{folder}/gmbot.db",
        "TELEGRAM_API_URL": telegram,
        "OPS_PORT": str(port),
        "ENVIRONMENT": "production",
        # Everybody here changes their mind all the time: no admin is to be asked about it.
        "MASS_FLIP_LEAST": "10000",
    }
    if plan.webhook:
        door = free_port()
        usual |= {"WEBHOOK_URL": f"http://127.0.0.1:{door}", "PORT": str(door), "WEBHOOK_SECRET": "s3cret"}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", **usual} | _chosen()


def _chosen() -> dict[str, str]:
    return {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}


def _last_lines(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-20:])


async def _live(
    plan: Plan, town: Town, simulator: Simulator, product: _Product, told: Callable[[Sample], None]
) -> Outcome:
    town.protect()
    # A /protect that meets a fault is answered with "try again": the group would never be guarded.
    async with asyncio.timeout(PATIENCE_S):
        while not town.answered():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    for fault in FAULTS:
        simulator.faults.add(fault)
    began = time.monotonic()
    samples: list[Sample] = []
    due = 0.0
    while (now := time.monotonic() - began) < plan.seconds:
        while town.acts + town.refused < now * plan.rate_per_s:
            town.act()
        if now >= due:
            due = now + plan.every_s
            updates, _ = await product.counted()
            samples.append(take(product.process.pid, at=now, tasks=product.tasks, updates=updates))
            told(samples[-1])
        await asyncio.sleep(TICK_S)
    simulator.faults.clear()
    settled_s = await _settled(town)
    updates, aside = await product.counted()
    await asyncio.sleep(1.5 * CENSUS_EVERY_S)
    now = time.monotonic() - began
    return Outcome(
        samples=tuple(samples),
        resting=take(product.process.pid, at=now, tasks=product.tasks, updates=updates),
        verdict=judge(samples, plan.warm_s),
        wrong=town.wrong(),
        pending=len(town.world.bots[town.bot].mailbox),
        set_aside=aside,
        settled_s=settled_s,
        acts=town.acts,
        stopped_s=await product.stop(),
        exit_code=product.process.returncode or 0,
    )


async def _settled(town: Town) -> float:
    """Return how many seconds it took until everybody was what they should be, or how long was waited."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        if town.wrong() == (0, 0) and not len(town.world.bots[town.bot].mailbox):
            break
        await asyncio.sleep(0.1)
    return time.monotonic() - began
