"""What the bot itself says it believes, and how it measures itself, fetched from its own pages.

The bot answers `GET /beliefs?person=…` with a `Report` and `GET /metrics` with Prometheus' text.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import aiohttp
import msgspec

TIMEOUT_S = 2.0
SAMPLES = 60


class Channel(msgspec.Struct, frozen=True):
    """A channel that a group requires."""

    channel_id: int
    title: str
    usable: bool


class Fact(msgspec.Struct, frozen=True):
    """What is known of a person in a channel, how it was learnt, and how many seconds ago."""

    channel_id: int
    state: Literal["in", "out", "unknown"]
    source: str = ""
    age_s: float | None = None


class Hold(msgspec.Struct, frozen=True):
    """The bot's own record of a hold, `age_s` seconds old."""

    state: str
    age_s: float
    end: str | None = None


class Person(msgspec.Struct, frozen=True):
    """What is thought of a person in one group, and why; `remembered` when only from memory."""

    user_id: int
    judgement: Literal["allowed", "held", "undecided"]
    reason: str
    facts: tuple[Fact, ...] = ()
    hold: Hold | None = None
    remembered: bool = False


class Group(msgspec.Struct, frozen=True):
    """A guarded group: `needed` of its channels have to be joined."""

    group_id: int
    title: str
    needed: int
    channels: tuple[Channel, ...] = ()
    paused: str | None = None
    people: tuple[Person, ...] = ()


class Report(msgspec.Struct, frozen=True):
    """Everything that the bot says of itself."""

    groups: tuple[Group, ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """One look at the metrics: a name's sum over its labels."""

    at: float
    values: Mapping[str, float]


class Beliefs:
    """The last report and the last minute of metrics; `answers` is False while the bot is silent."""

    def __init__(self, root: str | None, people: Sequence[int]) -> None:
        self._root = root
        self._people = people
        self._session: aiohttp.ClientSession | None = None
        self.report = Report()
        self.samples: deque[Sample] = deque(maxlen=SAMPLES)
        self.answers = False

    async def refresh(self) -> None:
        """Ask the bot what it believes."""
        body = await self._get("/beliefs?" + "&".join(f"person={person}" for person in self._people))
        self.answers = body is not None
        if body is not None:
            self.report = msgspec.json.decode(body, type=Report)

    async def sample(self) -> None:
        """Take one look at the bot's metrics."""
        body = await self._get("/metrics")
        if body is not None:
            values = read_metrics(body.decode().splitlines())
            self.samples.append(Sample(asyncio.get_running_loop().time(), values))

    async def close(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            await self._session.close()

    async def _get(self, path: str) -> bytes | None:
        if self._root is None:
            return None
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.get(self._root + path) as answer:
                return await answer.read() if answer.status == 200 else None
        return None


def read_metrics(lines: Iterable[str]) -> dict[str, float]:
    """Each metric's name with the sum over its labels, from Prometheus' text format."""
    values: dict[str, float] = {}
    for line in lines:
        if line.startswith("#") or " " not in line:
            continue
        series, _, value = line.rpartition(" ")
        name = series.partition("{")[0]
        values[name] = values.get(name, 0.0) + float(value)
    return values
