"""Rounds over many groups: what they cost does not grow with the square of how many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap import Parts, assemble
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.rule import Rule
from gmbot.gate.changes import Changes
from gmbot.gate.events import Event, SweepEnded
from gmbot.gate.sweeps import Sweep
from gmbot.simulator import VirtualClock

GROUPS = 300
BOT = BotId(123456)
CHANNEL = Channel(ChannelId(-1002), "News")


class WatchedStore(MemoryStore):
    """Counts how often every sweep is read."""

    looks = 0

    async def sweeps(self) -> Sequence[Sweep]:
        """Return every sweep."""
        self.looks += 1
        return await super().sweeps()


class Silence:
    """A Telegram of which nothing is asked but who the bot is."""

    async def post(self, method: str, body: bytes, timeout_s: float) -> Reply:
        """Say who the bot is."""
        me = b'{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"GMBot","username":"gm_bot"}}'
        return Reply(200, me if method == "getMe" else b'{"ok":true,"result":true}', 1_790_000_000.0)


def _groups() -> tuple[Group, ...]:
    rule = Rule((CHANNEL.channel_id,))
    return tuple(Group(GroupId(-10_000 - n), UserId(5), f"Group {n}", rule) for n in range(GROUPS))


async def test_going_over_many_groups_reads_the_sweeps_a_few_times_in_all() -> None:
    """Ten thousand groups that are due at once would otherwise cost a hundred million looks."""
    events: list[Event] = []
    store = WatchedStore(BOT, MemoryDatabase())
    await store.apply(Changes(groups=_groups(), channels=(CHANNEL,)))
    parts = Parts(
        clock=VirtualClock(1_790_000_000.0),
        random=lambda: 0.5,
        transport=lambda token: Silence(),
        open_store=lambda bot_id, emit: store,
        emit=events.append,
    )
    work = await assemble("123456:" + "R" * 35, parts)
    async with asyncio.timeout(30):
        while sum(isinstance(event, SweepEnded) for event in events) < GROUPS:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await work.stop(0.0)
    assert store.looks < 5
