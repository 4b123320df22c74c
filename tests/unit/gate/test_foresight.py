"""Who wrote many messages is looked up at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec
import pytest
from tests.fixtures.outages import BrittleStore, Outage
from tests.unit.bot.gates import BOT, GROUP, KNOWN, NEWS, PAUSED, START, Gate, message

from gmbot.adapters.memory.alone import Alone
from gmbot.domain.ids import ChannelId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.events import MembershipRecalled, Unforeseen
from gmbot.gate.foresight import WORTH_IT, Foresight
from gmbot.gate.glimpse import Glimpse
from gmbot.gate.knowledge import Knowledge

READERS = [UserId(100 + number) for number in range(WORTH_IT)]
"""Subscribers of the news of whom memory knows nothing."""


class Watched(BrittleStore):
    """A store that notes of whom it was asked; `meanwhile` happens before it answers."""

    def __init__(self, gate: Gate, outage: Outage) -> None:
        super().__init__(BOT, gate.database, outage)
        self._gate = gate
        self.asked: list[list[tuple[UserId, ChannelId]]] = []
        self.forgets: UserId | None = None
        self.failure: Exception | None = None

    async def memberships(self, pairs: Sequence[tuple[UserId, ChannelId]]) -> Sequence[LearntMembership]:
        """Return what is known of people."""
        self.asked.append(list(pairs))
        if self.failure is not None:
            raise self.failure
        found = await super().memberships(pairs)
        if self.forgets is not None:
            self._gate.memory.forget_membership(self.forgets, NEWS)
        return found


class Desk:
    """A gate whose store knows more than its memory."""

    def __init__(self, gate: Gate) -> None:
        self.gate, self.outage = gate, Outage()
        self.store = Watched(gate, self.outage)
        self.alone = Alone()
        knowledge = Knowledge(gate.memory, self.alone, self.store, gate.bot.guarded)
        self.foresee = Foresight(dataclasses.replace(gate.bot, store=self.store, knowledge=knowledge))

    def knows(self, user_id: UserId) -> bool:
        """Whether memory lets somebody's messages pass."""
        group = self.gate.bot.guarded.group(GROUP)
        assert group is not None
        return self.gate.bot.knowledge.lets_pass(group, user_id)


@pytest.fixture
async def desk() -> Desk:
    """A desk at which nobody was looked up yet."""
    gate = Gate()
    await gate.take(message(1, GROUP, KNOWN[0]))
    stamp = Stamp(START - 5, Source.EVENT, 1)
    facts = (LearntMembership(user, NEWS, Membership(stamp, MembershipState.IN)) for user in READERS)
    await gate.ledger.write(Changes(memberships=tuple(facts)))
    gate.memory.forget_all()
    return Desk(gate)


def written(users: Sequence[int], group_id: int = GROUP, *, service: bool = False) -> list[Glimpse]:
    """Return what is seen of a message of each."""
    return [
        Glimpse(UpdateId(number), START, group_id, user, service=service)
        for number, user in enumerate(users, 1)
    ]


async def test_one_visit_makes_all_of_them_known(desk: Desk) -> None:
    """However many have written, and however much."""
    assert await desk.foresee(written(READERS * 2)) == len(READERS)
    assert [len(pairs) for pairs in desk.store.asked] == [len(READERS)]
    assert all(desk.knows(user) for user in READERS)


async def test_whoever_is_known_is_not_looked_up(desk: Desk) -> None:
    """The second batch of the same people asks nobody."""
    await desk.foresee(written(READERS))
    await desk.foresee(written(READERS))
    assert len(desk.store.asked) == 1


async def test_a_few_are_looked_up_when_it_is_their_turn(desk: Desk) -> None:
    """A visit for a handful gains nothing."""
    await desk.foresee(written(READERS[1:]))
    assert desk.store.asked == []


async def test_strangers_stay_strangers(desk: Desk) -> None:
    """What the store does not know, nobody makes up."""
    strangers = [UserId(900 + number) for number in range(WORTH_IT)]
    await desk.foresee(written(strangers))
    assert not any(desk.knows(user) for user in strangers)


@pytest.mark.parametrize(("group_id", "service"), [(PAUSED, False), (-999, False), (GROUP, True)])
async def test_where_nobody_is_judged_nobody_is_looked_up(desk: Desk, group_id: int, service: bool) -> None:
    """A group that is paused, a chat that is not guarded, a service message."""
    await desk.foresee(written(READERS, group_id, service=service))
    assert desk.store.asked == []


async def test_a_store_that_is_down_changes_nothing(desk: Desk) -> None:
    """They are looked up one by one later, and wait for it then."""
    desk.outage.down = True
    await desk.foresee(written(READERS))
    assert not any(desk.knows(user) for user in READERS)


async def test_whoever_hears_of_nothing_does_not_look_ahead(desk: Desk) -> None:
    """While Redis is away memory is not believed, however much it knows: a visit would be for nothing."""
    desk.alone.trusted = False
    await desk.foresee(written(READERS))
    assert desk.store.asked == []


async def test_a_mistake_of_ours_is_told_of_and_ends_no_polling(desk: Desk) -> None:
    """Whoever only looks ahead raises nothing: updates are handled all the same."""
    desk.store.failure = ValueError("nobody foresaw this")
    await desk.foresee(written(READERS))
    told = [event.where for event in desk.gate.events if isinstance(event, Unforeseen)]
    assert told == ["foresight"]


async def test_what_was_forgotten_meanwhile_is_not_believed(desk: Desk) -> None:
    """News came while the store was read: what it said may be older."""
    desk.store.forgets = READERS[0]
    await desk.foresee(written(READERS))
    assert [desk.knows(user) for user in READERS] == [False, *[True] * (WORTH_IT - 1)]


async def test_what_is_from_before_the_channel_was_heard_is_not_believed(desk: Desk) -> None:
    """They may have left unheard."""
    channel = desk.gate.bot.guarded.channel(NEWS)
    assert channel is not None
    anew = msgspec.structs.replace(channel, heard_since=START)
    desk.gate.bot.guarded.learn(Changes(channels=(anew,)))
    await desk.foresee(written(READERS))
    assert not any(desk.knows(user) for user in READERS)


async def test_every_look_counts_as_a_miss(desk: Desk) -> None:
    """The rate of hits tells of memory, not of how it was filled."""
    await desk.foresee(written(READERS))
    told = [event.hit for event in desk.gate.events if isinstance(event, MembershipRecalled)]
    assert told == [False] * WORTH_IT
