"""A raid: a thousand strangers join one group at once, while people go on joining another."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable

import msgspec

from benchmarks.figures import Figure, sample
from benchmarks.rig import BOT_RIGHTS, Rig, running
from gmbot.simulator import TELEGRAM_LIMITS, Call

ROUNDS = 5
STRANGERS = 1_000
PER_S = 5.0
QUIET_S = 40.0
PATIENCE_S = 120.0
RATE_PER_S = 25.0
BURST = 30
MESSAGES_A_MINUTE = 20


class Raid(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen; times in ms, but `all_muted_s`.

    `settled_p99` leaves out who joined in the first second: Telegram hands out updates in order, so they
    stand behind a thousand others before GMBot can know of them.
    """

    quiet_p50: float
    quiet_p99: float
    during_p50: float
    during_p99: float
    settled_p99: float
    all_muted_s: float
    refused: int
    muted_twice: int
    most_messages_a_minute: int


async def raids() -> list[Figure]:
    """Return what a thousand joins in one group do to another one, each time by a process of its own.

    A raid is compared with the quiet before it, as the machine is a little faster or slower each time.
    """
    seen = [await raid() for _ in range(ROUNDS)]
    ideal = f"all {STRANGERS:,} raiders muted (the send budget alone: {ideal_s():.1f} s)"
    return [
        sample(one.quiet_p50 for one in seen).figure("quiet group, join → mute p50", "ms", aim=20.0),
        sample(one.quiet_p99 for one in seen).figure("quiet group, join → mute p99", "ms", aim=20.0),
        sample(one.during_p50 for one in seen).figure("the same while another is raided, p50", "ms"),
        sample(one.during_p99 for one in seen).figure(
            "the same while another is raided, p99", "ms", elsewhere=200_000
        ),
        sample(one.during_p50 / one.quiet_p50 for one in seen).figure("… growth of the p50", "x", aim=1.2),
        sample(one.during_p99 / one.quiet_p99 for one in seen).figure("… growth of the p99", "x", aim=1.2),
        sample(one.settled_p99 / one.quiet_p99 for one in seen).figure(
            "… growth of the p99 after the first second", "x", aim=1.2
        ),
        sample(one.all_muted_s for one in seen).figure(ideal, "s", aim=ideal_s() * 1.5),
        Figure("429s that the raids provoked", sum(one.refused for one in seen), "", 0),
        Figure("raiders muted twice", sum(one.muted_twice for one in seen), "", 0),
        Figure(
            "messages to the raided group in a minute",
            max(one.most_messages_a_minute for one in seen),
            "",
            20,
        ),
    ]


class Mutes:
    """When each person's mute was called for, and how often."""

    def __init__(self, rig: Rig) -> None:
        self.at: dict[int, float] = {}
        self.times: dict[int, int] = {}
        self._heard = asyncio.Event()
        self._forget = rig.simulator.calls.listen(self._hear)

    def close(self) -> None:
        """Hear nothing more."""
        self._forget()

    def _hear(self, call: Call) -> None:
        user = call.arguments.get("user_id")
        if call.method != "restrictChatMember" or not isinstance(user, int) or call.status != 200:
            return
        self.at.setdefault(user, time.perf_counter())
        self.times[user] = self.times.get(user, 0) + 1
        self._heard.set()

    async def of(self, users: set[int]) -> None:
        """Return once all of them are muted."""
        async with asyncio.timeout(PATIENCE_S):
            while not users <= self.at.keys():
                self._heard.clear()
                await self._heard.wait()


async def raid() -> Raid:
    """Return what a raid on one group does to another, and how long it takes."""
    async with running(limits=TELEGRAM_LIMITS) as rig:
        await rig.drained()
        await rig.protect()
        quiet_group = await _another_group(rig)
        mutes = Mutes(rig)
        quiet = await _trickle(rig, mutes, quiet_group, asyncio.sleep(QUIET_S))
        strangers = [rig.world.add_user(f"Raider {number}") for number in range(STRANGERS)]
        began = time.perf_counter()
        for stranger in strangers:
            rig.world.join(stranger, rig.group)
        during = await _trickle(rig, mutes, quiet_group, mutes.of(set(strangers)))
        ended = max(mutes.at[stranger] for stranger in strangers)
        mutes.close()
        return Raid(
            quiet_p50=statistics.median(quiet),
            quiet_p99=_p99(quiet),
            during_p50=statistics.median(during),
            during_p99=_p99(during),
            settled_p99=_p99(during[int(PER_S) :]),
            all_muted_s=ended - began,
            refused=sum(call.status == 429 for call in rig.simulator.calls),
            muted_twice=sum(times > 1 for times in mutes.times.values()),
            most_messages_a_minute=_most_messages(rig),
        )


def ideal_s() -> float:
    """Return how long the budget alone takes for as many calls."""
    return (STRANGERS - BURST) / RATE_PER_S


async def _another_group(rig: Rig) -> int:
    group = rig.world.create_supergroup(rig.owner, "Quiet", username="quiet")
    rig.world.add_bot_to_chat(group, rig.bot_id, rig.owner, rights=BOT_RIGHTS)
    rig.world.say(rig.owner, group, "/protect @news")
    await rig.call("sendMessage", text="is required from now on")
    return group


async def _trickle(rig: Rig, mutes: Mutes, group: int, until: Awaitable[object]) -> list[float]:
    """Have people join at a steady pace until something is over; return the times to their mutes in ms."""
    over = asyncio.ensure_future(until)
    joined: dict[int, float] = {}
    start = time.perf_counter()
    while not over.done():
        user = rig.world.add_user(f"Newcomer {len(joined)}")
        joined[user] = time.perf_counter()
        rig.world.join(user, group)
        await asyncio.sleep(max(0.0, start + len(joined) / PER_S - time.perf_counter()))
    await over
    await mutes.of(set(joined))
    return [(mutes.at[user] - at) * 1_000 for user, at in joined.items()]


def _p99(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=100, method="inclusive")[98]


def _most_messages(rig: Rig) -> int:
    """Return how many messages, edits included, the raided group got in its worst minute."""
    told = ("sendMessage", "editMessageText")
    at = [c.at for c in rig.simulator.calls if c.method in told and c.arguments.get("chat_id") == rig.group]
    return max((sum(start <= one < start + 60 for one in at) for start in at), default=0)
