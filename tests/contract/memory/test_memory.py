"""Memory: facts at hand, bounded, never older than what is known."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.store.material import CHANNEL, GROUP, USER, fact, learnt, memberships, seen, standings

from gmbot.adapters.memory.recall import FactMemory
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState, Source, Stamp, merge
from gmbot.domain.standing import Standing, Status, newer
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.ports import Memory

quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=[FactMemory])
def memory(request: pytest.FixtureRequest) -> Memory:
    """Each kind of process memory, with room for all that a test learns."""
    made: Memory = request.param()
    return made


def test_nothing_is_remembered_at_first(memory: Memory) -> None:
    """What was never learnt is absent."""
    assert memory.memberships(USER, [CHANNEL]) == {}
    assert memory.is_admin(GROUP, USER) is None


def test_what_was_learnt_is_remembered(memory: Memory) -> None:
    """Facts of stored changes are at hand."""
    memory.learn(learnt(fact()))
    memory.learn(seen(Standing(Status.MEMBER)))
    memory.learn(seen(Standing(Status.CREATOR), UserId(5)))
    assert memory.memberships(USER, [ChannelId(-1), CHANNEL]) == {CHANNEL: fact()}
    assert memory.is_admin(GROUP, USER) is False
    assert memory.is_admin(GROUP, UserId(5)) is True


def test_people_and_places_are_told_apart(memory: Memory) -> None:
    """One person's fact says nothing of another, nor of another place."""
    memory.learn(learnt(fact()))
    memory.learn(seen(Standing(Status.MEMBER)))
    assert memory.memberships(UserId(1), [CHANNEL]) == {}
    assert memory.is_admin(GroupId(-1), USER) is None


@quick
@given(st.lists(memberships, min_size=1))
def test_memberships_in_any_order_merge(facts: list[Membership]) -> None:
    """Memory keeps what domain.merge keeps, and UNKNOWN not at all."""
    memory = FactMemory()
    for one in facts:
        memory.learn(learnt(one))
    best = reduce(merge, facts)
    assert memory.memberships(USER, [CHANNEL]).get(CHANNEL, UNKNOWN) == (best if best.known else UNKNOWN)


@quick
@given(st.lists(standings(), min_size=1))
def test_standings_in_any_order_merge(facts: list[Standing]) -> None:
    """Memory knows whether the standing that domain.newer keeps is an admin's."""
    memory = FactMemory()
    for one in facts:
        memory.learn(seen(one))
    assert memory.is_admin(GROUP, USER) is reduce(newer, facts).is_admin


def test_unknown_takes_no_room() -> None:
    """A failed question is not worth remembering."""
    memory = FactMemory()
    memory.learn(learnt(Membership(Stamp(5, Source.QUESTION), MembershipState.UNKNOWN)))
    assert len(memory) == 0


def _people(first: int, last: int) -> Changes:
    return Changes(
        memberships=tuple(LearntMembership(UserId(n), CHANNEL, fact()) for n in range(first, last))
    )


def test_memory_is_bounded_by_entries() -> None:
    """However many facts come, no more than the capacity stay, and the newest stays."""
    memory = FactMemory(capacity=100)
    memory.learn(_people(1, 10_000))
    assert len(memory) <= 100
    assert memory.memberships(UserId(9_999), [CHANNEL])


def test_memory_is_bounded_by_bytes() -> None:
    """However many facts come, they weigh no more than they may."""
    memory = FactMemory(most_bytes=500_000)
    heaviest = 0
    for first in range(1, 50_000, 100):
        memory.learn(_people(first, first + 100))
        heaviest = max(heaviest, memory.size.bytes)
    assert 100_000 < heaviest <= 500_000


def test_evictions_are_counted() -> None:
    """What was forgotten to make room, and only that, is counted."""
    memory = FactMemory(capacity=100)
    memory.learn(_people(1, 10_000))
    evicted = memory.size.evicted
    assert evicted + memory.size.entries == 9_999
    memory.forget_all()
    assert memory.size.evicted == evicted


def test_a_hundred_thousand_memberships_fit_into_25_mebibytes() -> None:
    """That many members, and what each is in the group, weigh what was promised at most."""
    memory = FactMemory(capacity=400_000)
    tracemalloc.start()
    try:
        memory.learn(_people(10**9, 10**9 + 100_000))
        traced, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert traced <= 25 * 1024 * 1024
    assert memory.size.entries == 100_000


def test_what_is_used_outlives_what_is_not() -> None:
    """A person who speaks now and then is remembered while passers-by are forgotten."""
    memory = FactMemory(capacity=200)
    memory.learn(_people(1, 3))
    for first in range(10, 1_000, 10):
        memory.learn(_people(first, first + 10))
        assert memory.memberships(UserId(1), [CHANNEL])
    assert not memory.memberships(UserId(2), [CHANNEL])


def test_the_smallest_memory_still_works() -> None:
    """Even one place is enough not to fail."""
    memory = FactMemory(capacity=1)
    memory.learn(_people(1, 5))
    assert memory.memberships(UserId(4), [CHANNEL])


@pytest.fixture
def taught(memory: Memory) -> Memory:
    """A memory that knows two people, in a channel and in a group."""
    for user in (USER, UserId(1)):
        memory.learn(learnt(fact(), user))
        memory.learn(seen(Standing(Status.ADMINISTRATOR), user))
    return memory


def test_a_membership_can_be_forgotten(taught: Memory) -> None:
    """That one goes, and nothing else."""
    taught.forget_membership(USER, CHANNEL)
    assert taught.memberships(USER, [CHANNEL]) == {}
    assert taught.memberships(UserId(1), [CHANNEL]) == {CHANNEL: fact()}
    assert taught.is_admin(GROUP, USER)


def test_a_standing_can_be_forgotten(taught: Memory) -> None:
    """That one goes, and nothing else."""
    taught.forget_standing(GROUP, USER)
    assert taught.is_admin(GROUP, USER) is None
    assert taught.is_admin(GROUP, UserId(1))
    assert taught.memberships(USER, [CHANNEL]) == {CHANNEL: fact()}


def test_all_memberships_can_be_forgotten(taught: Memory) -> None:
    """They go, and standings stay."""
    taught.forget_memberships()
    assert taught.memberships(USER, [CHANNEL]) == {}
    assert taught.is_admin(GROUP, USER)


def test_everything_can_be_forgotten(taught: Memory) -> None:
    """Nothing is left."""
    taught.forget_all()
    assert taught.memberships(USER, [CHANNEL]) == {}
    assert taught.is_admin(GROUP, USER) is None


@pytest.mark.parametrize(
    "forget",
    [
        lambda memory: memory.forget_membership(USER, CHANNEL),
        lambda memory: memory.forget_standing(GROUP, USER),
        lambda memory: memory.forget_memberships(),
        lambda memory: memory.forget_all(),
    ],
)
def test_forgetting_disturbs_whatever_is_being_read(memory: Memory, forget: Callable[[Memory], None]) -> None:
    """What a visit brings was perhaps read before the change that made us forget."""
    with memory.reading(USER) as before, memory.reading(USER) as too:
        forget(memory)
    with memory.reading(USER) as after:
        pass
    assert (before.disturbed, too.disturbed, after.disturbed) == (True, True, False)


def test_forgetting_somebody_else_disturbs_nothing(memory: Memory) -> None:
    """Visits are told apart by whom they are about."""
    with memory.reading(USER) as reading:
        memory.forget_membership(UserId(1), CHANNEL)
    assert not reading.disturbed
