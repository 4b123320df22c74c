"""The bad network that other tests rely on: each trouble is what it says, and over when it is healed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from tests.fixtures.proxy import Measures, Proxy, Trouble

MEASURES = Measures(
    latency_s=0.05, slow_close_s=0.2, slice_bytes=10, slice_s=0.01, cut_bytes=30, bytes_per_s=1000.0
)
SOON_S, NEVER_S = 5.0, 0.1
WORDS = b"x" * 50


@dataclass
class Line:
    """A client's connection to a server that answers what it hears."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def echo(self, words: bytes = WORDS, *, within_s: float = SOON_S) -> float:
        """Return after how many seconds the same words came back."""
        began = time.monotonic()
        self.writer.write(words)
        async with asyncio.timeout(within_s):
            assert await self.reader.readexactly(len(words)) == words
        return time.monotonic() - began


Dial = Callable[[], Awaitable[Line]]


@pytest.fixture
async def dial(proxy: Proxy) -> AsyncIterator[Dial]:
    """What makes a new connection through the proxy; it is closed in the end."""
    lines: list[Line] = []

    async def new() -> Line:
        port = int(proxy.url.rpartition(":")[2])
        lines.append(Line(*await asyncio.open_connection("127.0.0.1", port)))
        return lines[-1]

    yield new
    for line in lines:
        line.writer.transport.abort()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while words := await reader.read(4096):
            writer.write(words)
    writer.transport.abort()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """A proxy before a server that answers what it hears."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Proxy(f"http://127.0.0.1:{port}", MEASURES) as proxy:
        yield proxy
    server.close()


async def test_a_good_network_only_passes_on(proxy: Proxy, dial: Dial) -> None:
    """What is said arrives as it was said."""
    line = await dial()
    await line.echo(b"hello")
    assert proxy.open == 1


@pytest.mark.parametrize(
    ("trouble", "least_s"), [(Trouble.LATENCY, 0.1), (Trouble.SLOW_DATA, 0.04), (Trouble.BANDWIDTH, 0.1)]
)
async def test_a_slow_network_is_as_slow_as_it_says(
    proxy: Proxy, dial: Dial, trouble: Trouble, least_s: float
) -> None:
    """Each way, or both together; afterwards it is quick on the same connection."""
    line = await dial()
    await proxy.suffer(trouble)
    assert await line.echo() >= least_s
    await proxy.heal()
    await line.echo()


async def test_a_hanging_network_delivers_late(proxy: Proxy, dial: Dial) -> None:
    """Nothing is lost that was said meanwhile, and nobody is refused."""
    line = await dial()
    await proxy.suffer(Trouble.HANG)
    with pytest.raises(TimeoutError):
        await line.echo(within_s=NEVER_S)
    other = await dial()
    await proxy.heal()
    assert await line.reader.readexactly(len(WORDS)) == WORDS
    await other.echo()


@pytest.mark.parametrize("trouble", [Trouble.DOWN, Trouble.RESET])
async def test_a_network_that_is_down_ends_what_there_is(proxy: Proxy, dial: Dial, trouble: Trouble) -> None:
    """And lets nobody in until it is healed."""
    line = await dial()
    await line.echo()
    await proxy.suffer(trouble)
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await line.echo()
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await (await dial()).echo()
    await proxy.heal()
    await (await dial()).echo()


async def test_a_cut_connection_ends_in_the_middle_of_an_answer(proxy: Proxy, dial: Dial) -> None:
    """So many bytes and no more, on each connection."""
    await proxy.suffer(Trouble.CUT)
    line = await dial()
    line.writer.write(WORDS)
    assert await line.reader.read() == WORDS[: MEASURES.cut_bytes]


async def test_a_slow_close_leaves_a_connection_that_leads_nowhere(proxy: Proxy, dial: Dial) -> None:
    """The server is gone, and its client hears of it late."""
    line = await dial()
    await line.echo()
    began = time.monotonic()
    await proxy.suffer(Trouble.SLOW_CLOSE)
    line.writer.write(WORDS)
    async with asyncio.timeout(SOON_S):
        assert await line.reader.read() == b""
    assert time.monotonic() - began >= MEASURES.slow_close_s


async def test_trouble_may_wait_for_certain_bytes(proxy: Proxy, dial: Dial) -> None:
    """Those arrive; the answer to them suffers."""
    line = await dial()
    begun = proxy.await_bytes(b"COMMIT", Trouble.DOWN)
    await line.echo(b"BEGIN")
    assert not begun.is_set()
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await line.echo(b"COMMIT" * 2000)
    assert begun.is_set()
