"""The short path alone, bytes to decision, and how it grows; in this process, so nothing else is in it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from benchmarks.figures import Figure, Sample, sample
from benchmarks.floor import decoding_us, messages
from benchmarks.inprocess import Inside, inside
from benchmarks.town import Town

ROUNDS = 5


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


def _rounds(town: Town, count: int) -> list[list[bytes]]:
    """Everybody's turn comes equally often, spread over the town: no luck of who was just there."""
    made = messages(town, 1, (ROUNDS + 1) * count, int(time.time()), stride=town.people // count | 1)
    return [made[first : first + count] for first in range(0, len(made), count)]


async def of_town(town: Town, count: int, *, observed: bool = True) -> Sample:
    """Return the CPU of an ordinary message in a town, in µs; a first round is not counted."""
    rounds = _rounds(town, count)
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
    return [
        usual.figure("the short path alone, bytes → decision", "µs", aim=10, floor=floor),
        small.figure(f"… {_size(growth.small)}", "µs", floor=floor),
        large.figure(f"… {_size(growth.large)}", "µs", floor=floor),
        Figure("cost growth from the one to the other", large.median / small.median, "x", 1.3),
    ]


def _size(town: Town) -> str:
    return f"{town.groups:,} groups, {town.people:,} people"
