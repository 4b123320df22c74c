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
from gmbot.domain.group import Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.guarded import Guarded
from gmbot.gate.hear_news import LOOK_EVERY_S, RETRY_S, NewsDesk
from gmbot.gate.ledger import Ledger
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


class CountedStore(BrittleStore):
    """Counts how often all groups are read."""

    reads = 0

    async def groups(self) -> Sequence[Group]:
        """Return every guarded group."""
        self.reads += 1
        return await super().groups()


class Office:
    """A news desk and what it looks after."""

    def __init__(self) -> None:
        self.clock, self.wire, self.outage = VirtualClock(), Wire(), Outage()
        self.database, self.memory, self.guarded = MemoryDatabase(), FactMemory(), Guarded()
        self.store = CountedStore(BOT, self.database, self.outage)
        self.desk = NewsDesk(self.memory, self.guarded, self.store, self.wire, self.clock)

    async def elsewhere(self, changes: Changes) -> None:
        """Have another process store something."""
        await MemoryStore(BOT, self.database).apply(changes)

    async def rest(self) -> None:
        """Let everything happen that needs no time."""
        await self.clock.advance(0.0)

    @property
    def reads(self) -> int:
        """How often all groups were read."""
        return self.store.reads

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


async def test_what_nobody_could_tell_of_is_seen_all_the_same(office: Office) -> None:
    """An old process and its successor share nothing but the store."""
    await office.elsewhere(Changes(groups=(group(),)))
    await office.clock.advance(LOOK_EVERY_S)
    assert office.groups == {GROUP}


async def test_what_this_process_changed_itself_is_not_read_again(office: Office) -> None:
    """Nor is anything while nothing changes: ten thousand groups are not read every five seconds."""
    changes = Changes(groups=(group(),))
    await office.elsewhere(changes)
    office.guarded.learn(changes)
    read = office.reads
    office.wire.tell(GroupsNews())
    await office.clock.advance(3 * LOOK_EVERY_S)
    assert office.reads == read


async def test_a_change_elsewhere_is_seen_among_those_of_this_process(office: Office) -> None:
    """However many of its own come before and after it."""
    for number in range(1, 4):
        changes = Changes(groups=(group(GroupId(-number)),))
        await office.elsewhere(changes)
        office.guarded.learn(changes)
        await office.elsewhere(Changes(groups=(group(GroupId(-number - 10)),)))
        await office.clock.advance(LOOK_EVERY_S)
        assert len(office.groups) == 2 * number


async def test_a_look_that_fails_is_made_again(office: Office) -> None:
    """The next one tells."""
    await office.elsewhere(Changes(groups=(group(),)))
    office.outage.down = True
    await office.clock.advance(LOOK_EVERY_S)
    office.outage.down = False
    await office.clock.advance(LOOK_EVERY_S)
    assert office.groups == {GROUP}


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


class LateAnswers(MemoryStore):
    """Stores at once, and says so when it may."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(BOT, database)
        self.answer = asyncio.Event()

    async def apply(self, changes: Changes) -> bool:
        """Store changes."""
        done = await super().apply(changes)
        await self.answer.wait()
        return done


async def test_an_own_change_is_not_taken_for_anothers_before_its_answer_comes() -> None:
    """Else the next change of another process would be taken for that one."""
    office = Office()
    await office.desk.read()
    store = LateAnswers(office.database)
    ledger = Ledger(
        store, office.memory, office.wire, office.guarded, office.clock, telegram_now=office.clock.now
    )
    own = asyncio.create_task(ledger.write(Changes(groups=(group(),))))
    await asyncio.sleep(0)
    await office.desk.read()
    store.answer.set()
    await own
    renamed = msgspec.structs.replace(group(), title="another title")
    await office.elsewhere(Changes(groups=(renamed,)))
    running = asyncio.create_task(office.desk.run())
    await office.clock.advance(LOOK_EVERY_S)
    running.cancel()
    known = office.guarded.group(GROUP)
    assert known is not None
    assert known.title == "another title"
