"""The news desk: what another process stored is forgotten here, and groups are read anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec
import pytest
from tests.contract.store.material import CHANNEL, GROUP, USER, channel, fact, group, learnt, seen
from tests.fixtures.outages import BrittleStore, Outage

from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.guarded import Guarded
from gmbot.gate.hear_news import DEAF_EVERY_S, RETRY_S, NewsDesk
from gmbot.gate.news import FactsNews, GroupsNews, MembershipNews, News, Silence, StandingNews
from gmbot.gate.ports import KnownMemberships
from gmbot.simulator import VirtualClock

BOT = BotId(1)


class Wire:
    """A shared memory that only tells news."""

    era = ""

    def __init__(self) -> None:
        self.trusted = True
        self.tell: Callable[[News], None] = lambda news: None

    def listen(self, hear: Callable[[News], None]) -> None:
        """Tell them."""
        self.tell = hear

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Know nothing."""
        return {}

    def offer(self, facts: Sequence[LearntMembership], era: str) -> None:
        """Keep nothing."""

    async def learn(self, changes: Changes) -> None:
        """Keep nothing."""


class Office:
    """A news desk and what it looks after."""

    def __init__(self) -> None:
        self.clock, self.wire, self.outage = VirtualClock(), Wire(), Outage()
        self.database, self.memory, self.guarded = MemoryDatabase(), FactMemory(), Guarded()
        store = BrittleStore(BOT, self.database, self.outage)
        self.desk = NewsDesk(self.memory, self.guarded, store, self.wire, self.clock)

    async def elsewhere(self, changes: Changes) -> None:
        """Have another process store something."""
        await MemoryStore(BOT, self.database).apply(changes)

    async def rest(self) -> None:
        """Let everything happen that needs no time."""
        await self.clock.advance(0.0)

    @property
    def groups(self) -> set[int]:
        """Which groups are guarded here."""
        return {one.group_id for one in self.guarded.groups}


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """A desk at work, with a person and a group that it knows."""
    office = Office()
    office.memory.learn(learnt(fact()))
    office.memory.learn(seen(Standing(Status.ADMINISTRATOR)))
    work = asyncio.create_task(office.desk.run())
    await office.rest()
    yield office
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


@pytest.mark.parametrize(
    ("news", "remembers_membership", "remembers_standing"),
    [
        (MembershipNews(USER, CHANNEL), False, True),
        (StandingNews(GROUP, USER), True, False),
        (MembershipNews(UserId(1), CHANNEL), True, True),
        (GroupsNews(), True, True),
        (FactsNews(), False, False),
        (Silence(), False, False),
    ],
)
async def test_what_the_news_are_about_is_forgotten_at_once(
    office: Office, news: News, *, remembers_membership: bool, remembers_standing: bool
) -> None:
    """Before anybody else has a turn, and nothing more than that."""
    office.wire.tell(news)
    assert bool(office.memory.memberships(USER, [CHANNEL])) is remembers_membership
    assert (office.memory.is_admin(GROUP, USER) is not None) is remembers_standing


@pytest.mark.parametrize("news", [GroupsNews(), Silence()])
async def test_groups_are_read_anew(office: Office, news: News) -> None:
    """What another process protected is guarded here, what it gave up is not."""
    office.guarded.replace([group(GroupId(-9))], [])
    await office.elsewhere(Changes(groups=(group(),), channels=(channel(),)))
    office.wire.tell(news)
    await office.rest()
    assert office.groups == {GROUP}


@pytest.mark.parametrize("news", [FactsNews(), MembershipNews(USER, CHANNEL)])
async def test_other_news_read_nothing(office: Office, news: News) -> None:
    """Facts are read when they are needed."""
    await office.elsewhere(Changes(groups=(group(),)))
    office.wire.tell(news)
    await office.rest()
    assert office.groups == set()


async def test_a_database_that_is_down_is_asked_again(office: Office) -> None:
    """The news are not lost on us."""
    await office.elsewhere(Changes(groups=(group(),)))
    office.outage.down = True
    office.wire.tell(GroupsNews())
    await office.rest()
    office.outage.down = False
    await office.clock.advance(RETRY_S)
    assert office.groups == {GROUP}


async def test_while_nobody_can_tell_groups_are_read_now_and_then(office: Office) -> None:
    """Without Redis, another process's changes take a while, and not for ever."""
    office.wire.trusted = False
    await office.elsewhere(Changes(groups=(group(),)))
    await office.clock.advance(DEAF_EVERY_S)
    assert office.groups == {GROUP}


async def test_while_news_come_groups_are_not_read_for_nothing(office: Office) -> None:
    """Ten thousand groups are not read every ten seconds."""
    await office.elsewhere(Changes(groups=(group(),)))
    await office.clock.advance(3 * DEAF_EVERY_S)
    assert office.groups == set()


async def test_a_channel_heard_anew_elsewhere_clears_memory(office: Office) -> None:
    """What was known before that is doubtful here too."""
    known = Changes(groups=(group(),), channels=(channel(),))
    await office.elsewhere(known)
    office.guarded.replace(known.groups, known.channels)
    heard_anew = msgspec.structs.replace(channel(), heard_since=5)
    await office.elsewhere(Changes(channels=(heard_anew,)))
    office.wire.tell(GroupsNews())
    await office.rest()
    assert not office.memory.memberships(USER, [CHANNEL])
