"""Strangers who join, one by one and a thousand at once: how soon each is muted and freed, at what cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
from tests.fixtures.child import temporary_folder
from tests.fixtures.postgres import running_postgres
from tests.fixtures.redis import RedisServer

from benchmarks.children import BASELINE, Ground, Subject, at_work
from benchmarks.figures import Figure, Sample, quantile, sample
from benchmarks.filling import fill_postgres
from benchmarks.lean import updates
from benchmarks.lean.answers import Arguments
from benchmarks.mixed import UNLIMITED
from benchmarks.town import Town

ROUNDS = 5
PER_S = 50.0
EACH_ROUND = 250
RAIDERS = 1_000
RATE_PER_S = 25.0
BURST = 30
PATIENCE_S = 120.0


class Scale(msgspec.Struct, frozen=True):
    """How much is measured."""

    rounds: int = ROUNDS
    each: int = EACH_ROUND
    raiders: int = RAIDERS


class Restrictions:
    """When somebody was muted or freed."""

    def __init__(self, subject: Subject) -> None:
        self.at: dict[tuple[int, bool], float] = {}
        self._heard = asyncio.Event()
        subject.telegram.listen(self._hear)

    def _hear(self, method: str, arguments: Arguments, moment: float) -> None:
        if method == "restrictChatMember":
            free = bool(arguments["permissions"].get("can_send_messages"))
            self.at.setdefault((int(arguments["user_id"]), free), moment)
            self._heard.set()

    async def of(self, people: Sequence[int], *, free: bool) -> None:
        """Return once each of them was muted, or freed."""
        wanted = {(person, free) for person in people}
        async with asyncio.timeout(PATIENCE_S):
            while not wanted <= self.at.keys():
                self._heard.clear()
                await self._heard.wait()


class Visitors:
    """People who join a group and its channel, each heard of by `chat_member`."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._town = subject.town
        # Who was here before, on the same database, is no stranger.
        self._next = self._town.people + subject.telegram.mailbox.next_id
        self.restrictions = Restrictions(subject)

    def join(self, group: int | None = None) -> int:
        """Have a stranger join a group: any, or this one; return who."""
        number, self._next = self._next, self._next + 1
        person = self._town.person(number)
        self._came(person, updates.chat(self._town.group(number if group is None else group)))
        return person

    def subscribe(self, person: int) -> None:
        """Have somebody join the channel of the group that they joined."""
        channel = self._town.channel(self._town.number_of(person))
        self._subject.telegram.members.subscriptions[person, channel] = True
        self._came(person, updates.chat(channel, "channel"))

    def _came(self, person: int, where: dict[str, object]) -> None:
        mailbox = self._subject.telegram.mailbox
        change = (updates.standing(person, "left"), updates.standing(person, "member"))
        mailbox.put([updates.member_changed(mailbox.next_id, where, change, int(time.time()))])


async def at_pace(count: int, act: Callable[[int], object]) -> list[float]:
    """Act so often at a steady pace; return when each act began (`time.perf_counter()`)."""
    began = []
    start = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / PER_S - time.perf_counter()))
        began.append(time.perf_counter())
        act(number)
    return began


class Latencies(msgspec.Struct, frozen=True):
    """Times from joining to being muted and from subscribing to being free, in ms; CPU per person."""

    mutes: list[list[float]]
    releases: list[list[float]]
    cpu_ms: list[float]


async def latencies(ground: Ground, scale: Scale) -> Latencies:
    """Return what strangers wait for, fifty of them a second."""
    async with at_work(ground) as subject:
        visitors = Visitors(subject)
        await _round(subject, visitors, min(scale.each, 50))
        seen = [await _round(subject, visitors, scale.each) for _ in range(scale.rounds)]
        return Latencies([one[0] for one in seen], [one[1] for one in seen], [one[2] for one in seen])


async def _round(subject: Subject, visitors: Visitors, count: int) -> tuple[list[float], list[float], float]:
    await subject.quiet()
    people: list[int] = []
    cpu_s = subject.cpu_s()
    joined = await at_pace(count, lambda _: people.append(visitors.join()))
    await visitors.restrictions.of(people, free=False)
    await subject.quiet()
    subscribed = await at_pace(count, lambda number: visitors.subscribe(people[number]))
    await visitors.restrictions.of(people, free=True)
    cpu_ms = (subject.cpu_s() - cpu_s) * 1e3 / count
    at = visitors.restrictions.at
    mutes = [(at[person, False] - began) * 1e3 for person, began in zip(people, joined, strict=True)]
    releases = [(at[person, True] - began) * 1e3 for person, began in zip(people, subscribed, strict=True)]
    return mutes, releases, cpu_ms


@asynccontextmanager
async def on_servers(town: Town) -> AsyncIterator[tuple[str, str, str]]:
    """Yield addresses: of a filled PostgreSQL for GMBot, of one for the plain bot, and of a Redis."""
    from benchmarks.baseline.storage import prepare
    from gmbot.adapters.sql.migrate import upgrade

    with running_postgres() as postgres, temporary_folder("gmbot-bench-") as folder:
        redis = RedisServer(folder)
        redis.start()
        try:
            ours, theirs = (postgres.url(postgres.create()) for _ in range(2))
            await upgrade(ours)
            await fill_postgres(ours, town.tables())
            await prepare(theirs, town)
            yield ours.replace("+asyncpg", ""), theirs.replace("+asyncpg", ""), redis.url
        finally:
            redis.stop()


async def of_strangers(scale: Scale | None = None) -> list[Figure]:
    """Return what strangers wait for on PostgreSQL and Redis, and what a thousand at once take."""
    scale = scale or Scale()
    town = Town()
    async with on_servers(town) as (ours, theirs, redis):
        ground = Ground(town=town, database=ours, environ=UNLIMITED | {"REDIS_URL": redis})
        plain = Ground(town=town, database=theirs, module=BASELINE)
        here = await latencies(ground, scale)
        there = await latencies(plain, msgspec.structs.replace(scale, rounds=1))
        limited = msgspec.structs.replace(ground, environ={"REDIS_URL": redis}, first_id=10**6)
        raid = await _raid(limited, scale.raiders)
        plain_raid = await _raid(msgspec.structs.replace(plain, first_id=10**6), scale.raiders)
    return [*_latency_figures(here, there), *_raid_figures(raid, plain_raid, scale.raiders)]


def _latency_figures(here: Latencies, there: Latencies) -> list[Figure]:
    figures = []
    for name, ours, theirs, aims in (
        ("join → restrictChatMember", here.mutes, there.mutes, {50: 3.0, 99: 10.0}),
        ("subscribe → release", here.releases, there.releases, {50: None, 99: 10.0}),
    ):
        for per_cent, aim in aims.items():
            elsewhere = _of(theirs, per_cent).median
            label = f"{name} p{per_cent}"
            figures.append(_of(ours, per_cent).figure(label, "ms", aim=aim, elsewhere=elsewhere))
    each = sample(there.cpu_ms).median
    figures.append(
        sample(here.cpu_ms).figure("CPU per join, mute, subscription, release", "ms", elsewhere=each)
    )
    return figures


def _of(rounds: list[list[float]], per_cent: int) -> Sample:
    return sample(quantile(one, per_cent) for one in rounds)


class Raid(msgspec.Struct, frozen=True):
    """What many strangers at once in one group took: time until all were muted, and the bot's CPU for it."""

    took_s: float
    cpu_s: float


async def _raid(ground: Ground, raiders: int) -> Raid:
    async with at_work(ground) as subject:
        visitors = Visitors(subject)
        visitors.join(1)
        await subject.quiet(1.0)
        cpu_s, began = subject.cpu_s(), time.perf_counter()
        people = [visitors.join(0) for _ in range(raiders)]
        await visitors.restrictions.of(people, free=False)
        took_s = max(visitors.restrictions.at[person, False] for person in people) - began
        return Raid(took_s, subject.cpu_s() - cpu_s)


def _raid_figures(ours: Raid, theirs: Raid, raiders: int) -> list[Figure]:
    ideal_s = max(raiders - BURST, 0) / RATE_PER_S
    name = f"{raiders:,} strangers at once"
    return [
        Figure(f"{name}: CPU until all are muted", ours.cpu_s, "s", 1.0, theirs.cpu_s),
        Figure(
            f"{name}: all muted", ours.took_s, "s", ideal_s * 1.05, note=f"the budget alone: {ideal_s:.1f} s"
        ),
    ]
