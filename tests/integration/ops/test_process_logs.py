"""`gmbot run` as a process, and what becomes of its log: read, not read, nowhere to go."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import aiohttp
import pytest_asyncio
from tests.fixtures.child import free_port
from tests.fixtures.log_lines import misfits, parsed
from tests.fixtures.metrics import seconds_until

from gmbot.demo.box import TOKEN, Box, opened_box

PATIENCE_S = 20.0


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    """A Telegram in a box."""
    async with opened_box() as opened:
        yield opened


class Run:
    """A running process, and its ops port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    async def ready(self) -> None:
        """Return once it takes updates."""
        await seconds_until(self._is_ready, PATIENCE_S)

    async def _is_ready(self) -> bool:
        assert self.process.poll() is None
        try:
            async with (
                aiohttp.ClientSession() as web,
                web.get(f"http://127.0.0.1:{self.port}/ready") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def stopped(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)


@contextmanager
def running(box: Box, folder: Path, stderr: IO[bytes] | int | None, **more: Any) -> Iterator[Run]:
    """Yield `gmbot run` in production, whose Telegram is the box."""
    port = free_port()
    environ = {
        **os.environ,
        "BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": box.simulator.url,
        "DATABASE_URL": f"sqlite:///{folder}/gmbot.db",
        "ENVIRONMENT": "production",
        "OPS_PORT": str(port),
        **more.pop("environ", {}),
    }
    command = [sys.executable, "-m", "gmbot", "run"]
    process = subprocess.Popen(command, cwd=folder, env=environ, stderr=stderr, **more)
    try:
        yield Run(process, port)
    finally:
        process.kill()
        process.wait()


async def served(box: Box) -> None:
    """Have somebody join a guarded group, and return once the bot has acted."""
    box.world.say(box.owner, box.group, "/protect @garden_news")
    await seconds_until(lambda: box.said("Garden News"), PATIENCE_S)
    stranger = box.world.add_user("Samantha")
    box.world.join(stranger, box.group)
    await seconds_until(lambda: not box.can_speak(stranger), PATIENCE_S)


async def test_a_process_writes_json_and_nothing_else(box: Box, tmp_path: Path) -> None:
    """From its start to its end; SIGUSR1 has it tell everything for a while."""
    log = tmp_path / "log"
    with log.open("wb") as stderr, running(box, tmp_path, stderr) as run:
        await run.ready()
        run.process.send_signal(signal.SIGUSR1)
        await seconds_until(lambda: '"stage":"log_level","detail":"DEBUG"' in log.read_text(), PATIENCE_S)
        await served(box)
        assert await run.stopped() == 0
    lines = parsed(log.read_text())
    assert misfits(lines) == []
    stages = [line["stage"] for line in lines if line["event"] == "lifecycle"]
    assert (stages[0], stages[-1]) == ("starting", "stopped")
    assert {"query_ran", "hold_placed"} <= {line["event"] for line in lines}
    assert "Samantha" not in log.read_text()


async def test_a_log_that_nobody_reads_stops_nobody(box: Box, tmp_path: Path) -> None:
    """A collector that hangs keeps the pipe full: people are served, and a stop is a stop."""
    read, write = os.pipe()
    with os.fdopen(read), os.fdopen(write, "wb") as stderr:
        os.set_blocking(write, False)
        try:
            while os.write(write, b"x" * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(write, True)
        with running(box, tmp_path, stderr, environ={"LOG_LEVEL": "DEBUG"}) as run:
            await run.ready()
            await served(box)
            assert await run.stopped() == 0


async def test_without_standard_error_it_works_all_the_same(box: Box, tmp_path: Path) -> None:
    """Whoever starts it may have closed it (`2>&-`)."""
    with running(box, tmp_path, None, preexec_fn=lambda: os.close(2)) as run:
        await run.ready()
        await served(box)
        assert await run.stopped() == 0
