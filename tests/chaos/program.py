"""`gmbot run` as a process of its own, and what its ops pages say all the while."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fixtures.child import free_port
from tests.fixtures.stage import TOKEN

READY_WITHIN_S = 30.0
OUT_WITHIN_S = 25.0
LOOK_EVERY_S = 0.1
ANSWER_WITHIN_S = 5.0
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
RUN = ("-m", "gmbot", "run")


@dataclass(frozen=True)
class Look:
    """What `/health` said at a moment of the monotonic clock; status 0: nobody answered."""

    at: float
    status: int
    report: Mapping[str, Any]

    def healthy(self, dependency: str) -> bool:
        """Whether a dependency was called healthy; one that is not named is."""
        return bool(self.report.get("checks", {}).get(dependency, {}).get("healthy", True))


@dataclass
class Program:
    """One run of GMBot; its log lines go to a file."""

    process: asyncio.subprocess.Process
    port: int
    log: Path
    looks: list[Look] = field(default_factory=list)
    dead_looks: int = 0
    lived_at: float = 0.0
    told_to_stop: bool = False
    lag_s: float = 0.0
    """The longest that this process, and so its networks, was kept from going on."""

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self.process.returncode is None

    async def page(self, path: str) -> tuple[int, bytes]:
        """Return what a page answers; (0, b"") if nobody does in time."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await _get(self.port, path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return 0, b""

    async def ready(self, within_s: float = READY_WITHIN_S) -> float:
        """Return after how many seconds it was ready. Raises RuntimeError if it ended or never was."""
        began = time.monotonic()
        while (await self.page("/ready"))[0] != 200:
            if not self.running or time.monotonic() - began > within_s:
                raise RuntimeError(f"GMBot is not ready: {self.last_words()}")
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def watch(self) -> None:
        """Look at `/live` and `/health` again and again, until cancelled or the process is told to stop."""
        while self.running:
            status, _ = await self.page("/live")
            if status == 200:
                self.lived_at = time.monotonic()
            elif self.lived_at and not self.told_to_stop:
                self.dead_looks += 1
            status, body = await self.page("/health")
            report = json.loads(body) if body else {}
            self.looks.append(Look(time.monotonic(), status, report))
            due = time.monotonic() + LOOK_EVERY_S
            await asyncio.sleep(LOOK_EVERY_S)
            self.lag_s = max(self.lag_s, time.monotonic() - due)

    async def metrics(self) -> Mapping[str, float]:
        """Return the sum of each counter and gauge over its labels."""
        _, body = await self.page("/metrics")
        sums: dict[str, float] = {}
        for line in body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                name = name.partition("{")[0]
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def kill(self) -> None:
        """End it as the kernel does."""
        self.told_to_stop = True
        if self.running:
            self.process.send_signal(signal.SIGKILL)

    async def terminate(self) -> tuple[int, float]:
        """Ask it to stop; return its exit code and after how many seconds it was gone.

        Raises TimeoutError, and kills it, when that takes longer than it may.
        """
        began, self.told_to_stop = time.monotonic(), True
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(OUT_WITHIN_S):
                code = await self.process.wait()
        except TimeoutError:
            self.kill()
            await self.process.wait()
            raise TimeoutError(f"GMBot is still there after {OUT_WITHIN_S} s: {self.last_words()}") from None
        return code, time.monotonic() - began

    async def gone(self) -> int:
        """Return its exit code once it has ended."""
        return await self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """Return its log."""
        text = self.log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in text if line.startswith("{")]

    def last_words(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-1500:]


async def started(
    folder: Path, environ: Mapping[str, str], *, command: Sequence[str] = RUN, number: int = 1
) -> Program:
    """Return GMBot as a new process, which need not be ready."""
    port = free_port()
    log = folder / f"gmbot-{number}.log"
    with log.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            env={**_surroundings(), **environ, "OPS_PORT": str(port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=folder,
            start_new_session=True,
            # Should this process be killed outright, the kernel ends GMBot.
            preexec_fn=_die_with_parent,
        )
    return Program(process, port, log)


def _die_with_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _surroundings() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "PYTHONPATH")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "BOT_TOKEN": TOKEN,
        "ENVIRONMENT": "production",
        "LOG_LEVEL": "INFO",
        "MASS_FLIP_LEAST": "10000",
    }


async def _get(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]) if head else 0, body
