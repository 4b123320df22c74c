"""Two ways to the same Bot API: over a socket, and in process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
import msgspec
import orjson
from tests.integration.simulator.stage import TOKEN

from gmbot.simulator import Simulator


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer; `json` is the envelope."""

    status: int
    headers: Mapping[str, str]
    json: dict[str, Any]

    @property
    def result(self) -> Any:
        """What the method returned; fails when it did not."""
        assert self.json["ok"] is True, self.json
        return self.json["result"]

    @property
    def description(self) -> str:
        """What the error said; fails when there was none."""
        assert self.json["ok"] is False, self.json
        return str(self.json["description"])


class Caller(Protocol):
    """A way to make calls."""

    async def send(self, path: str, body: bytes = b"", content_type: str = "application/json") -> Answer:
        """Post to a path and return the answer. Raises ConnectionError when the connection breaks."""
        ...

    async def call(self, method: str, **arguments: object) -> Answer:
        """Call a method of the stage's bot with a JSON body."""
        ...


class InProcessCaller:
    """Calls without a socket."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def send(self, path: str, body: bytes = b"", content_type: str = "application/json") -> Answer:
        """Post to a path and return the answer."""
        status, headers, content = await self._simulator.in_process.handle(path, body, content_type)
        return Answer(status, headers, orjson.loads(content))

    async def call(self, method: str, **arguments: object) -> Answer:
        """Call a method of the stage's bot."""
        return await self.send(f"/bot{TOKEN}/{method}", orjson.dumps(arguments))


class HttpCaller:
    """Calls over a loopback socket."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(self, path: str, body: bytes = b"", content_type: str = "application/json") -> Answer:
        """Post to a path and return the answer."""
        headers = {"Content-Type": content_type}
        async with self._session.post(self._url + path, data=body, headers=headers) as answer:
            return Answer(answer.status, dict(answer.headers), orjson.loads(await answer.read()))

    async def call(self, method: str, **arguments: object) -> Answer:
        """Call a method of the stage's bot."""
        return await self.send(f"/bot{TOKEN}/{method}", orjson.dumps(arguments))


@asynccontextmanager
async def over_http(simulator: Simulator) -> AsyncIterator[Caller]:
    """Serve the simulator and reach it over its socket."""
    await simulator.start()
    async with aiohttp.ClientSession() as session:
        yield HttpCaller(session, simulator.url)
    await simulator.stop()


@asynccontextmanager
async def in_process(simulator: Simulator) -> AsyncIterator[Caller]:
    """Reach the simulator without serving it."""
    yield InProcessCaller(simulator)
    await simulator.stop()
