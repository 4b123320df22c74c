"""The store did what it was told, and nobody heard of it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.fixtures.telegram import LeapingClock

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.domain.errors import Unavailable
from gmbot.domain.group import Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.guarded import Guarded
from gmbot.gate.ledger import Ledger
from gmbot.resilience.deadline import deadline

ANN, NEWS, TALK = UserId(7), ChannelId(-1001), GroupId(-1002)


class MumblingStore(MemoryStore):
    """Writes, and says that it did not answer."""

    mumbles = True
    dawdles = False

    async def apply(self, changes: Changes) -> bool:
        """Write everything."""
        done = await super().apply(changes)
        if self.dawdles:
            await asyncio.Event().wait()
        if self.mumbles:
            raise Unavailable("the answer is lost")
        return done


class Others(Alone):
    """Other processes: what they were told."""

    def __init__(self) -> None:
        self.told: list[Changes] = []

    async def learn(self, changes: Changes) -> None:
        """Note it."""
        self.told.append(changes)


class Desk:
    """A ledger with all that it keeps equal."""

    def __init__(self) -> None:
        clock = LeapingClock()
        self.now = clock.now()
        self.store, self.memory, self.doubts = MumblingStore(BotId(1)), FactMemory(), 0
        self.others = Others()
        self.ledger = Ledger(self.store, self.memory, self.others, Guarded(), clock, telegram_now=clock.now)
        self.ledger.on_doubt(self._count)

    def _count(self) -> None:
        self.doubts += 1

    def heard(self, state: MembershipState, sequence: int) -> Changes:
        """News of Ann in a channel."""
        fact = Membership(Stamp(int(self.now), Source.EVENT, sequence), state)
        return Changes(update_id=UpdateId(sequence), memberships=(LearntMembership(ANN, NEWS, fact),))


async def test_memory_forgets_what_may_be_stored_otherwise_by_now() -> None:
    """Who was IN is not believed any more once OUT may be stored."""
    desk = Desk()
    desk.memory.learn(desk.heard(MembershipState.IN, 1))
    with pytest.raises(Unavailable):
        await desk.ledger.write(desk.heard(MembershipState.OUT, 2))
    assert desk.memory.memberships(ANN, (NEWS,)) == {}


async def test_memory_forgets_what_was_being_stored_when_its_writer_was_cancelled() -> None:
    """A tap is answered within a second, whatever the store is at by then; it ends what it has begun."""
    desk = Desk()
    desk.store.dawdles = True
    desk.memory.learn(desk.heard(MembershipState.IN, 1))
    with pytest.raises(Unavailable):
        async with deadline(0.01):
            await desk.ledger.write(desk.heard(MembershipState.OUT, 2))
    assert desk.memory.memberships(ANN, (NEWS,)) == {}


async def test_news_that_come_again_are_remembered_though_they_are_stored_already() -> None:
    """The update is repeated, as it was never confirmed: now memory hears of it, too."""
    desk = Desk()
    with pytest.raises(Unavailable):
        await desk.ledger.write(desk.heard(MembershipState.IN, 1))
    desk.store.mumbles = False
    assert not await desk.ledger.write(desk.heard(MembershipState.IN, 1))
    assert desk.memory.memberships(ANN, (NEWS,))[NEWS].state is MembershipState.IN


async def test_groups_are_read_again_when_they_may_have_changed() -> None:
    """A command whose answer was lost is obeyed by the process that ran it, not only by the next one."""
    desk = Desk()
    with pytest.raises(Unavailable):
        await desk.ledger.write(Changes(groups=(Group(TALK, ANN, "Talk"),)))
    assert desk.doubts == 1


async def test_other_processes_are_told_that_they_cannot_know_either() -> None:
    """When the update comes again nothing may be left to write, and nobody would ever tell them."""
    desk = Desk()
    group = Group(TALK, UserId(1), "Talk")
    with pytest.raises(Unavailable):
        await desk.ledger.write(msgspec.structs.replace(desk.heard(MembershipState.IN, 1), groups=(group,)))
    (told,) = desk.others.told
    assert told.groups == (group,)
    assert not told.memberships[0].membership.known
