"""Memory: facts at hand, bounded, never older than what is known."""

from __future__ import annotations

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
    assert memory.standing(GROUP, USER) is None


def test_what_was_learnt_is_remembered(memory: Memory) -> None:
    """Facts of stored changes are at hand."""
    memory.learn(learnt(fact()))
    memory.learn(seen(Standing(Status.MEMBER)))
    assert memory.memberships(USER, [ChannelId(-1), CHANNEL]) == {CHANNEL: fact()}
    assert memory.standing(GROUP, USER) == Standing(Status.MEMBER)


def test_people_and_places_are_told_apart(memory: Memory) -> None:
    """One person's fact says nothing of another, nor of another place."""
    memory.learn(learnt(fact()))
    memory.learn(seen(Standing(Status.MEMBER)))
    assert memory.memberships(UserId(1), [CHANNEL]) == {}
    assert memory.standing(GroupId(-1), USER) is None


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
    """Memory keeps what domain.newer keeps."""
    memory = FactMemory()
    for one in facts:
        memory.learn(seen(one))
    assert memory.standing(GROUP, USER) == reduce(newer, facts)


def test_unknown_takes_no_room() -> None:
    """A failed question is not worth remembering."""
    memory = FactMemory()
    memory.learn(learnt(Membership(Stamp(5, Source.QUESTION), MembershipState.UNKNOWN)))
    assert len(memory) == 0


def _people(first: int, last: int) -> Changes:
    return Changes(
        memberships=tuple(LearntMembership(UserId(n), CHANNEL, fact()) for n in range(first, last))
    )


def test_memory_is_bounded() -> None:
    """However many facts come, no more than the capacity stay, and the newest stays."""
    memory = FactMemory(capacity=100)
    memory.learn(_people(1, 10_000))
    assert len(memory) <= 100
    assert memory.memberships(UserId(9_999), [CHANNEL])
    assert memory.evicted + len(memory) == 9_999


def test_what_is_used_outlives_what_is_not() -> None:
    """A person who speaks now and then is remembered while passers-by are forgotten."""
    memory = FactMemory(capacity=100)
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
