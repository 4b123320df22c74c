"""The short path alone, bytes to decision, and how it grows; in this process, so nothing else is in it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from benchmarks.figures import Figure, Sample, sample
from benchmarks.floor import decoding_us, messages_of
from benchmarks.inprocess import Inside, inside
from benchmarks.town import Town

ROUNDS = 5
SEED = 5

Who = Callable[[Town, int], Iterator[int]]
"""Chooses who writes, by their numbers."""


class Growth(msgspec.Struct, frozen=True):
    """A small and a large town, and how many messages a round has."""

    small: Town = Town(groups=10, channels=5, people=1_000)
    large: Town = Town(groups=10_000, channels=4_000, people=1_000_000)
    count: int = 20_000


async def _cpu_us(bot: Inside, rounds: Sequence[Sequence[bytes]]) -> Sample:
    taken = []
    for bodies in rounds:
        began = time.process_time()
        await bot.polled(bodies)
        taken.append((time.process_time() - began) / len(bodies) * 1e6)
    return sample(taken)


def equally(town: Town, count: int) -> Iterator[int]:
    """Everybody's turn comes equally often, spread over the town: nobody was there a moment ago."""
    stride = town.people // count | 1
    return (n * stride % town.people for n in range(count))


def by_zipf(town: Town, count: int) -> Iterator[int]:
    """The second writes half as much as the first, and so on, as people do."""
    dice = random.Random(SEED)
    return (min(int(town.people ** dice.random()), town.people) - 1 for _ in range(count))


def _rounds(town: Town, count: int, who: Who) -> list[list[bytes]]:
    made = messages_of(who(town, (ROUNDS + 1) * count), town, 1, int(time.time()))
    return [made[first : first + count] for first in range(0, len(made), count)]


async def of_town(town: Town, count: int, *, observed: bool = True, who: Who = by_zipf) -> Sample:
    """Return the CPU of an ordinary message in a town, in µs; a first round is not counted."""
    rounds = _rounds(town, count, who)
    async with inside(town, observed=observed) as bot:
        await bot.polled(rounds[0])
        before = bot.telegram.calls
        seen = await _cpu_us(bot, rounds[1:])
        if bot.telegram.calls != before:
            raise RuntimeError("an ordinary message led to a call")
        return seen


async def of_short_path(growth: Growth | None = None) -> list[Figure]:
    """Return what the short path takes, in a small town and a large one."""
    growth = growth or Growth()
    floor = decoding_us()
    usual = await of_town(Town(), growth.count)
    small = await of_town(growth.small, growth.count)
    large = await of_town(growth.large, growth.count)
    worst = await of_town(growth.large, growth.count, who=equally)
    return [
        usual.figure("the short path alone, bytes → decision", "µs", aim=10, floor=floor),
        small.figure(f"… {_size(growth.small)}", "µs", floor=floor),
        large.figure(f"… {_size(growth.large)}", "µs", floor=floor),
        worst.figure("… these, each writing as much as the others", "µs", floor=floor),
        Figure("cost growth from the one to the other", large.median / small.median, "x", 1.3),
    ]


def _size(town: Town) -> str:
    return f"{town.groups:,} groups, {town.people:,} people"
