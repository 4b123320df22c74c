"""Ordinary messages of known members, by polling and by webhook: the common case of every day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from benchmarks.children import BASELINE, SECRET, Ground, Subject, at_work
from benchmarks.figures import Figure, sample
from benchmarks.floor import decoding_us, messages
from benchmarks.lean.posts import bring, post

ROUNDS = 5
AIMS_US = {"polling": 20.0, "webhook": 60.0}
AIMS_PER_S = {"polling": 50_000.0, "webhook": 15_000.0}


class Load(msgspec.Struct, frozen=True):
    """How many messages a round has, for GMBot and for the bot it is compared with."""

    ours: int = 20_000
    theirs: int = 300


class Round(msgspec.Struct, frozen=True):
    """What one round took: CPU of the bot and of the load, and time, per message; and calls in all."""

    cpu_us: float
    load_us: float
    wall_us: float
    calls: int


Deliver = Callable[[Subject, list[bytes]], Awaitable[None]]


async def polled(subject: Subject, bodies: list[bytes]) -> None:
    """Have updates fetched, a hundred at a time, and return once all are confirmed."""
    subject.telegram.mailbox.put(bodies)
    await subject.telegram.mailbox.drained()


async def posted(subject: Subject, bodies: list[bytes]) -> None:
    """Post updates over forty connections, and return once all are answered."""
    posts = [post(body, subject.path, SECRET) for body in bodies]
    answered = await bring(posts, subject.port)
    if answered != len(posts):
        raise RuntimeError(f"{len(posts) - answered} of {len(posts)} posts were refused")


async def judged(subject: Subject, count: int, before: int) -> None:
    """Return once a bot that asks about each message has asked so often; it confirms before it handles."""
    async with asyncio.timeout(300):
        while subject.telegram.calls["getChatMember"] < before + count:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def rounds(ground: Ground, count: int, warm_up: int) -> list[Round]:
    """Return what several rounds took, after everybody who writes was seen once."""
    deliver: Deliver = posted if ground.webhook else polled
    async with at_work(ground) as subject:
        numbers = _Numbers(ground.first_id)
        await _one(subject, numbers, warm_up, deliver)
        await subject.quiet()
        return [await _one(subject, numbers, count, deliver) for _ in range(ROUNDS)]


class _Numbers:
    def __init__(self, first_id: int) -> None:
        self.next_id = first_id


async def _one(subject: Subject, numbers: _Numbers, count: int, deliver: Deliver) -> Round:
    bodies = messages(subject.town, numbers.next_id, count, int(time.time()))
    numbers.next_id += count
    calls, asked = subject.calls(), subject.telegram.calls["getChatMember"]
    cpu_s, load_s, began = subject.cpu_s(), time.process_time(), time.perf_counter()
    await deliver(subject, bodies)
    if subject.asks_always:
        await judged(subject, count, asked)
    took, load_s = time.perf_counter() - began, time.process_time() - load_s
    each = 1e6 / count
    return Round((subject.cpu_s() - cpu_s) * each, load_s * each, took * each, subject.calls() - calls)


async def of_intake(way: str, load: Load, ground: Ground | None = None) -> list[Figure]:
    """Return what ordinary messages cost by polling or by webhook."""
    ground = ground or Ground()
    ground = msgspec.structs.replace(ground, webhook=way == "webhook")
    ours = await rounds(ground, load.ours, ground.town.people)
    plain = msgspec.structs.replace(ground, module=BASELINE)
    theirs = await rounds(plain, load.theirs, load.theirs)
    floor = decoding_us()
    their_cpu = sample(one.cpu_us for one in theirs).median
    their_rate = sample(1e6 / one.wall_us for one in theirs).median
    headroom = sample(one.wall_us / one.load_us for one in ours).median
    name = f"ordinary message, {way}"
    return [
        sample(one.cpu_us for one in ours).figure(
            f"{name}: CPU", "µs", aim=AIMS_US[way], elsewhere=their_cpu, floor=floor
        ),
        sample(1e6 / one.wall_us for one in ours).figure(
            f"{name}: rate", "/s", aim=AIMS_PER_S[way], at_least=True, elsewhere=their_rate
        ),
        Figure(
            f"{name}: calls", max(one.calls for one in ours) / load.ours, "", 0, theirs[0].calls / load.theirs
        ),
        Figure(f"{name}: the load could go faster by", headroom, "x", 1.2, at_least=True),
    ]


async def of_ordinary(load: Load | None = None) -> list[Figure]:
    """Return what ordinary messages cost, both ways, and what decoding them alone does."""
    load = load or Load()
    floor = Figure("the floor: decoding alone", decoding_us(), "µs")
    return [floor, *await of_intake("polling", load), *await of_intake("webhook", load)]
