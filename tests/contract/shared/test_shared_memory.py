"""SharedMemory: what processes of a bot share; the null twin shares nothing, and both keep the same rules."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from functools import reduce

import pytest
from tests.contract.store.material import AT, CHANNEL, USER, fact, full, learnt
from tests.fixtures.processes import AT_ONCE, BOT, until

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.redis.hub import Hub
from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp, merge
from gmbot.gate.changes import NO_CHANGES
from gmbot.gate.news import News
from gmbot.gate.ports import SharedMemory
from gmbot.resilience.clock import SystemClock

OTHER = ChannelId(-2002)
IN, OUT, UNKNOWN = MembershipState.IN, MembershipState.OUT, MembershipState.UNKNOWN


@pytest.fixture(params=["alone", "redis", "redis_gone"])
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[SharedMemory]:
    """Each kind of shared memory, and the real one without its server."""
    if request.param == "alone":
        yield Alone()
        return
    gone = request.param == "redis_gone"
    url = "redis://127.0.0.1:1/0" if gone else request.getfixturevalue("redis_url")
    hub = Hub(url, [BOT], SystemClock(), lambda event: None, random=random.random, pace=AT_ONCE)
    await hub.start()
    try:
        if not gone:
            await until(lambda: hub.memory(BOT).trusted)
        yield hub.memory(BOT)
    finally:
        await hub.stop()


async def test_what_nobody_told_is_not_known(shared: SharedMemory) -> None:
    """Nothing is made up."""
    assert await shared.recall(USER, [CHANNEL, OTHER]) == {}


async def test_what_comes_back_is_what_was_told_or_nothing(shared: SharedMemory) -> None:
    """Forgetting is allowed, inventing is not."""
    await shared.learn(learnt(fact()))
    assert await shared.recall(USER, [OTHER, CHANNEL]) in ({CHANNEL: fact()}, {})
    assert await shared.recall(UserId(1), [CHANNEL]) == {}


@pytest.mark.parametrize("seed", range(5))
async def test_facts_in_any_order_never_yield_an_older_one(shared: SharedMemory, seed: int) -> None:
    """The newest of all that were stored or offered, or nothing."""
    dice = random.Random(seed)
    facts = [
        Membership(
            Stamp(dice.randrange(3), dice.choice(list(Source)), dice.randrange(3)), dice.choice([IN, OUT])
        )
        for _ in range(30)
    ]
    for number, one in enumerate(facts, start=1):
        if dice.random() < 0.5:
            await shared.learn(learnt(one))
        else:
            shared.offer(learnt(one).memberships, shared.era)
        best = reduce(merge, facts[:number])
        assert await shared.recall(USER, [CHANNEL]) in ({CHANNEL: best}, {})


async def test_doubt_hides_what_is_older(shared: SharedMemory) -> None:
    """UNKNOWN with a stamp says that something was stored: what was kept may be out of date."""
    await shared.learn(learnt(fact(at=10)))
    await shared.learn(learnt(Membership(Stamp(20, Source.EVENT, 20), UNKNOWN)))
    shared.offer(learnt(fact(at=15)).memberships, shared.era)
    assert await shared.recall(USER, [CHANNEL]) == {}


async def test_doubt_gives_way_to_what_is_newer(shared: SharedMemory) -> None:
    """Once somebody has looked, what they found counts."""
    await shared.learn(learnt(Membership(Stamp(20, Source.EVENT, 20), UNKNOWN)))
    shared.offer(learnt(fact(at=20)).memberships, shared.era)
    assert await shared.recall(USER, [CHANNEL]) in ({CHANNEL: fact(at=20)}, {})


async def test_an_offer_from_another_era_is_refused(shared: SharedMemory) -> None:
    """What was read before memory was last doubted is doubtful too."""
    shared.offer(learnt(fact()).memberships, "another era")
    assert await shared.recall(USER, [CHANNEL]) == {}


async def test_unknown_is_never_offered(shared: SharedMemory) -> None:
    """Nobody learns anything from it."""
    both = (*learnt(Membership()).memberships, *learnt(fact(), where=OTHER).memberships)
    shared.offer(both, shared.era)
    assert CHANNEL not in await shared.recall(USER, [CHANNEL, OTHER])


async def test_everything_that_can_be_stored_can_be_told(shared: SharedMemory) -> None:
    """Whatever changes hold, and nothing at all."""
    await shared.learn(full())
    await shared.learn(NO_CHANGES)


async def test_hundreds_of_facts_at_once(shared: SharedMemory) -> None:
    """A sweep tells many."""
    for number in range(300):
        shared.offer(learnt(fact(int(AT)), UserId(number)).memberships, shared.era)
    assert await shared.recall(UserId(299), [CHANNEL]) in ({CHANNEL: fact(int(AT))}, {})


async def test_listeners_may_come_at_any_time(shared: SharedMemory) -> None:
    """They need hear nothing, and disturb nobody."""
    heard: list[News] = []
    shared.listen(heard.append)
    await shared.learn(learnt(fact()))
