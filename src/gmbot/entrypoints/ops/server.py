"""An ASGI application on a port, started and stopped by whoever composes the process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from gmbot.domain.errors import ConfigurationError

BACKLOG: Final = 2048
GRACE_S: Final = 4
"""How long requests under way may take once the server is asked to stop."""


class Server:
    """A running server; make one with `serve`."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._listener = listener
        self._uvicorn = _Uvicorn(config)
        self._task: asyncio.Task[None] | None = None
        self.port: int = listener.getsockname()[1]

    async def start(self) -> None:
        """Return once requests are answered."""
        self._task = asyncio.create_task(self._uvicorn.serve([self._listener]), name=f"http-{self.port}")
        await self._uvicorn.up.wait()

    async def stop(self) -> None:
        """Take no more requests, answer those under way for up to `GRACE_S`, and give the port back."""
        self._uvicorn.should_exit = True
        if self._task is not None:
            await self._task
        self._listener.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Uvicorn(uvicorn.Server):
    """uvicorn's server as a guest: signals belong to the process, and it says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


async def serve(app: ASGIApp, host: str, port: int, *, variable: str = "OPS_PORT") -> Server:
    """Serve `app` on `host` and `port` (0 takes any free one) and return the running server.

    Raises ConfigurationError, naming the setting `variable`, when the address cannot be listened on.
    """
    server = Server(app, await _listen(host, port, variable))
    await server.start()
    return server


async def _listen(host: str, port: int, variable: str) -> socket.socket:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(_sentence(error, host, port, variable)) from error


def _sentence(error: OSError, host: str, port: int, variable: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            problem, example = "another program listens there already", port + 1
        case errno.EACCES | errno.EPERM:
            problem, example = "this user may not listen there", 8443
        case _:
            return (
                f"{variable} is {port}, but {host} is not an address of this machine; for example 127.0.0.1"
            )
    return f"{variable} is {port}, but {problem}; for example {variable}={example}"
