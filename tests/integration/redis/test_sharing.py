"""What one process stores, the others of the same bot believe at once."""

from __future__ import annotations

import asyncio
import time

import msgspec
from tests.contract.store.material import CHANNEL, GROUP, USER, channel, fact, group, learnt, seen
from tests.fixtures.processes import AT_ONCE, AT_ONCE_S, BOT, Process, running, until
from tests.fixtures.redis import RedisServer

from gmbot.adapters.redis.shared import Keeping
from gmbot.domain.group import PauseReason
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.domain.verdict import Reason
from gmbot.gate.changes import Changes
from gmbot.gate.events import SharedMemoryAsked

IN, OUT = MembershipState.IN, MembershipState.OUT


async def test_a_leave_that_one_saw_is_believed_by_the_other(one: Process, other: Process) -> None:
    """Whoever is remembered as subscribed is so no longer, as soon as anybody stored it."""
    await one.sees(IN)
    assert await other.lets_pass()
    await one.sees(OUT)
    await other.heard()
    assert not await other.lets_pass()


async def test_it_takes_no_time_worth_mentioning(one: Process, other: Process) -> None:
    """Redis tells of it; nothing has to expire."""
    await one.sees(IN)
    assert await other.lets_pass()
    assert await other.lets_pass()
    await one.sees(OUT)
    await until(lambda: not other.memory.memberships(USER, [CHANNEL]), within_s=AT_ONCE_S)


async def test_a_join_that_one_saw_is_believed_by_the_other(one: Process, other: Process) -> None:
    """Nobody who joined is held for what another process did not know."""
    await one.sees(OUT)
    assert not await other.lets_pass()
    await one.sees(IN)
    await other.heard()
    assert await other.lets_pass()


async def test_what_one_looked_up_spares_the_other_a_visit(one: Process, other: Process) -> None:
    """The database is visited once for both."""
    await other.store.apply(learnt(_now(IN)))
    assert await one.lets_pass()
    await until(lambda: _kept(one))
    assert await other.lets_pass()
    assert (one.store.visits, other.store.visits) == (1, 0)


def _kept(process: Process) -> bool:
    return process.hub is not None and not process.memory.memberships(USER, [CHANNEL])


def _now(state: MembershipState, ago_s: int = 0) -> Membership:
    return Membership(Stamp(int(time.time()) - ago_s, Source.EVENT, 5), state)


async def test_a_demoted_admin_is_nobody_special_anywhere(one: Process, other: Process) -> None:
    """What exempts somebody ends everywhere at once."""
    await one.ledger.write(seen(Standing(Status.ADMINISTRATOR, Stamp(10))))
    assert (await other.verdict()).reason is Reason.ADMIN
    await one.ledger.write(seen(Standing(Status.MEMBER, Stamp(11))))
    await other.heard()
    assert not await other.lets_pass()


async def test_a_group_protected_by_one_is_guarded_by_the_other(one: Process, other: Process) -> None:
    """No restart is needed to learn of a group."""
    another = GroupId(-1002)
    await one.ledger.write(Changes(groups=(group(another),)))
    await until(lambda: other.guarded.group(another) is not None, within_s=AT_ONCE_S)


async def test_a_group_given_up_by_one_is_left_alone_by_the_other(one: Process, other: Process) -> None:
    """Nor to learn that it is none any more."""
    await one.ledger.write(Changes(unguarded=(GROUP,)))
    await until(lambda: other.guarded.group(GROUP) is None, within_s=AT_ONCE_S)


async def test_settings_pauses_and_channels_are_followed(one: Process, other: Process) -> None:
    """Whatever else a group is told counts everywhere, channels that cannot be seen included."""
    paused = msgspec.structs.replace(group(), paused=PauseReason.BY_ADMIN)
    blind = msgspec.structs.replace(channel(), usable=False)
    await one.ledger.write(Changes(groups=(paused,), channels=(blind,)))
    await until(lambda: other.guarded.group(GROUP) == paused, within_s=AT_ONCE_S)
    assert other.guarded.unusable == {CHANNEL}


async def test_changes_on_both_sides_at_once_both_last(one: Process, other: Process) -> None:
    """Reading the groups anew never undoes what this process stored meanwhile."""
    mine, theirs = GroupId(-1002), GroupId(-1003)
    await asyncio.gather(
        one.ledger.write(Changes(groups=(group(mine),))), other.ledger.write(Changes(groups=(group(theirs),)))
    )
    await until(lambda: _ids(one) == _ids(other) == {GROUP, mine, theirs})


def _ids(process: Process) -> set[GroupId]:
    return {one.group_id for one in process.guarded.groups}


async def test_one_visit_to_redis_for_all_of_a_persons_channels(one: Process, other: Process) -> None:
    """However many channels a group requires, remembering a person takes one round trip."""
    channels = tuple(ChannelId(-2001 - n) for n in range(5))
    changes = Changes(groups=(group(GROUP, *channels),), channels=tuple(channel(c) for c in channels))
    await one.ledger.write(changes)
    for place in channels:
        await one.sees(IN, where=place)
    await other.heard()
    assert await other.lets_pass()
    recalls = [e for e in other.events if isinstance(e, SharedMemoryAsked) and e.operation == "recall"]
    assert (len(recalls), other.store.visits) == (1, 0)


async def test_keys_are_named_for_bot_person_and_channel(one: Process, redis_server: RedisServer) -> None:
    """Operators find what they look for, and it expires."""
    await one.sees(IN)
    assert redis_server.ask(f"EXISTS verify:{BOT}:{USER}:{CHANNEL}") == ":1"


async def test_positive_and_negative_facts_expire_each_in_its_time(
    one: Process, redis_server: RedisServer
) -> None:
    """600 and 60 seconds, give or take 15 %."""
    for number in range(20):
        await one.sees(IN, UserId(100 + number))
        await one.sees(OUT, UserId(200 + number))
    left = {n: _ttl_ms(redis_server, UserId(n)) for base in (100, 200) for n in range(base, base + 20)}
    assert all(505_000 <= left[n] <= 690_000 for n in range(100, 120))
    assert all(46_000 <= left[n] <= 69_000 for n in range(200, 220))
    assert len({left[n] // 1000 for n in range(100, 120)}) > 5


def _ttl_ms(server: RedisServer, user: UserId) -> int:
    return int(server.ask(f"PTTL verify:{BOT}:{user}:{CHANNEL}").removeprefix(":"))


def test_jitter_spans_what_it_should() -> None:
    """Its ends are 15 % below and above."""
    keeping = Keeping()
    assert [keeping.ttl_ms(fact(), chance) for chance in (0.0, 0.5, 1.0)] == [510_000, 600_000, 690_000]


async def test_late_news_are_looked_up_rather_than_believed(one: Process, other: Process) -> None:
    """What is older than what is stored must not pass for the newest, only because nobody remembers that."""
    await one.store.apply(learnt(_now(OUT, ago_s=100)))
    await one.ledger.write(learnt(_now(IN, ago_s=200)))
    assert not await one.lets_pass()
    assert not await other.lets_pass()


async def test_late_news_that_are_the_newest_count(one: Process, other: Process) -> None:
    """After an outage of Telegram's, news are old and true."""
    await one.store.apply(learnt(_now(IN, ago_s=200)))
    assert await other.lets_pass()
    await one.ledger.write(learnt(_now(OUT, ago_s=100)))
    await other.heard()
    assert not await one.lets_pass()
    assert not await other.lets_pass()


async def test_an_update_that_died_before_telling_is_told_when_it_comes_again(
    one: Process, other: Process
) -> None:
    """Whoever stored it may have been killed before it could tell the others."""
    await one.sees(IN)
    assert await other.lets_pass()
    leave = msgspec.structs.replace(learnt(_now(OUT)), update_id=9)
    await one.store.apply(leave)
    assert not await one.ledger.write(leave)
    await other.heard()
    assert not await other.lets_pass()


async def test_nothing_unknown_is_kept(one: Process, redis_server: RedisServer) -> None:
    """Somebody of whom nothing is stored leaves no trace."""
    assert not await one.lets_pass()
    assert redis_server.ask(f"EXISTS verify:{BOT}:{USER}:{CHANNEL}") == ":0"


async def test_a_visit_that_was_overtaken_is_not_remembered(one: Process, other: Process) -> None:
    """What was read before a change, and arrives after the news of it, is not kept."""
    await one.store.apply(learnt(_now(IN)))
    visit = asyncio.create_task(other.verdict())
    await until(lambda: other.store.visits == 1)
    other.memory.forget_membership(USER, CHANNEL)
    await visit
    assert not other.memory.memberships(USER, [CHANNEL])


async def test_other_bots_are_none_of_our_business(one: Process, redis_url: str) -> None:
    """Another bot's facts about the same person and channel say nothing to this one."""
    async with running(redis_url, 1, pace=AT_ONCE, bot=BotId(70)) as [stranger]:
        await one.sees(IN)
        assert await one.lets_pass()
        assert not await stranger.lets_pass()
        await stranger.sees(OUT)
        await one.heard()
        assert await one.lets_pass()


async def test_a_rule_changed_by_one_counts_for_the_other(one: Process, other: Process) -> None:
    """A channel that is required from now on is required everywhere."""
    await one.sees(IN)
    assert await other.lets_pass()
    more = msgspec.structs.replace(group(), rule=Rule((CHANNEL, ChannelId(-2002))))
    await one.ledger.write(Changes(groups=(more,), channels=(channel(ChannelId(-2002)),)))
    await until(lambda: other.guarded.group(GROUP) == more, within_s=AT_ONCE_S)
    assert not await other.lets_pass()
