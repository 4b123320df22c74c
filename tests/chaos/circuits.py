"""How soon circuits open and close: one outage each in the middle of a town's life."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse
from tests.chaos.arena import POSTGRES, REDIS, TELEGRAM, Arena, Servers, arena_on_postgres
from tests.chaos.cells import life
from tests.chaos.program import Program
from tests.fixtures.proxy import Trouble

LASTING_S = 15.0
HEALS_WITHIN_S = 15.0
OUTAGES = (
    (POSTGRES, Trouble.DOWN),
    (POSTGRES, Trouble.HANG),
    (TELEGRAM, Trouble.DOWN),
    (TELEGRAM, Trouble.HANG),
    (REDIS, Trouble.DOWN),
    (REDIS, Trouble.HANG),
)
KINDS = {POSTGRES: "database", TELEGRAM: "telegram", REDIS: "redis"}


@dataclass
class Outage:
    """What was seen of one outage: seconds from its beginning and its end, by circuit; calls meanwhile."""

    dependency: str
    trouble: Trouble
    opened_s: dict[str, float] = field(default_factory=dict)
    closed_s: dict[str, float] = field(default_factory=dict)
    connections: int = 0
    calls: float = 0.0
    own: float = 0.0
    retries: float = 0.0

    def line(self) -> str:
        """Return a line of the table."""
        ratio = self.calls / max(self.calls - self.retries, 1.0)
        return (
            f"| {self.dependency} | {self.trouble} | {_told(self.opened_s)} | {_told(self.closed_s)} | "
            f"{self.connections} | {self.calls:.0f} | {self.own:.0f} | {self.retries:.0f} | {ratio:.2f} |\n"
        )


HEAD = (
    "| dependency | trouble | opened after | closed after | connections | calls | of them getMe | retries | "
    "calls × |\n|---|---|---|---|---|---|---|---|---|\n"
)


def _told(seconds: dict[str, float]) -> str:
    return ", ".join(f"{after:.1f} s ({kind})" for kind, after in sorted(seconds.items())) or "–"


async def suffer(servers: Servers, folder: Path, outage: Outage, seed: int) -> Outage:
    """Return what was seen of an outage. Raises TimeoutError if a circuit did not close again."""
    async with arena_on_postgres(servers, folder, seed) as arena, life(arena):
        program = await arena.start()
        await program.ready()
        await arena.protect()
        await asyncio.sleep(2.0)
        proxy = arena.proxies[outage.dependency]
        before, accepted, began = await _counted(program), proxy.accepted, time.time()
        await proxy.suffer(outage.trouble)
        await asyncio.sleep(LASTING_S)
        after, healed = await _counted(program), time.time()
        outage.connections = proxy.accepted - accepted
        outage.calls, outage.own, outage.retries = (
            late - early for early, late in zip(before, after, strict=True)
        )
        await proxy.heal()
        await _closed(arena, KINDS[outage.dependency])
        await asyncio.sleep(0.5)
        outage.opened_s = _moves(program, "open", began, first=True)
        outage.closed_s = {
            kind: at for kind, at in _moves(program, "closed", healed, first=False).items() if at > 0
        }
    return outage


async def _counted(program: Program) -> tuple[float, float, float]:
    """Return how many calls to Telegram there were, how many of them getMe, and how many repetitions."""
    _, body = await program.page("/metrics")
    calls = own = retries = 0.0
    for family in parse(body.decode()):
        for sample in family.samples:
            if sample.name == "bot_api_calls_total":
                calls += sample.value
                own += sample.value if sample.labels["method"] == "getMe" else 0.0
            elif sample.name == "bot_retries_total":
                retries += sample.value
    return calls, own, retries


async def _closed(arena: Arena, kind: str) -> None:
    async with asyncio.timeout(HEALS_WITHIN_S):
        while set(_states(arena.program, kind).values()) - {"closed"}:  # noqa: ASYNC110 - what it logs has no events
            await asyncio.sleep(0.1)


def _moved(program: Program) -> list[dict[str, str]]:
    return [line for line in program.lines() if line["event"] == "circuit_moved"]


def _states(program: Program, kind: str) -> dict[str, str]:
    return {line["circuit"]: line["to"] for line in _moved(program) if line["circuit"].startswith(kind)}


def _moves(program: Program, to: str, since: float, *, first: bool) -> dict[str, float]:
    """Return how long after a moment each circuit first, or last, moved to a state."""
    found: dict[str, float] = {}
    for line in _moved(program):
        at = datetime.fromisoformat(line["timestamp"]).timestamp() - since
        if line["to"] == to and at >= 0 and not (first and line["circuit"] in found):
            found[line["circuit"]] = at
    return found


async def suffer_all(servers: Servers, folder: Path, seed: int) -> Sequence[Outage]:
    """Return what was seen of every outage, one after the other."""
    seen = []
    for number, (dependency, trouble) in enumerate(OUTAGES):
        place = folder / f"outage-{number}"
        place.mkdir()
        seen.append(await suffer(servers, place, Outage(dependency, trouble), seed + number))
        print(seen[-1].line(), end="", flush=True)
    return seen
