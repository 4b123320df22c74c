"""Store: facts are merged, whatever the order they come in."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.store.conftest import Bots
from tests.contract.store.material import (
    CHANNEL,
    GROUP,
    USER,
    fact,
    full,
    hold,
    known,
    learnt,
    memberships,
    seen,
    standings,
)

from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState, Source, Stamp, merge
from gmbot.domain.standing import EVERYTHING, MUTED, Restriction, Standing, Status, newer
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.ports import PersonRecord, Store

on_each_store = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@on_each_store
@given(facts=st.lists(memberships, min_size=1, max_size=6), cut=st.integers(0, 6))
async def test_memberships_in_any_order_merge(bots: Bots, facts: list[Membership], cut: int) -> None:
    """Whatever is learnt, in whatever order and company, the store keeps what domain.merge keeps."""
    store = bots.new()
    for part in (facts[:cut], facts[cut:]):
        together = [one for item in part for one in learnt(item).memberships]
        await store.apply(Changes(memberships=tuple(together)))
    kept = await known(store, USER, [CHANNEL])
    assert kept.get(CHANNEL, UNKNOWN).state == (best := reduce(merge, facts)).state
    assert kept.get(CHANNEL, best) == best


@on_each_store
@given(facts=st.lists(standings(), min_size=1, max_size=6), cut=st.integers(0, 6))
async def test_standings_in_any_order_merge(bots: Bots, facts: list[Standing], cut: int) -> None:
    """Whatever is learnt, in whatever order and company, the store keeps what domain.newer keeps."""
    store = bots.new()
    for part in (facts[:cut], facts[cut:]):
        together = [one for item in part for one in seen(item).standings]
        await store.apply(Changes(standings=tuple(together)))
    assert await store.standing(GROUP, USER) == reduce(newer, facts)


async def test_every_fact_meets_every_other_as_domain_merge_says(store: Store) -> None:
    """All pairs of small facts, one after the other: the first by the person, the second by the channel."""
    stamps = [Stamp(at, source, number) for at, source, number in product((0, 1), Source, (0, 1))]
    facts = [Membership(stamp, state) for stamp, state in product(stamps, MembershipState)]
    pairs = list(product(range(len(facts)), repeat=2))
    for place in (0, 1):
        met = (LearntMembership(UserId(p[0]), ChannelId(p[1]), facts[p[place]]) for p in pairs)
        await store.apply(Changes(memberships=tuple(met)))
    for number, first in enumerate(facts):
        kept = await known(store, UserId(number), [ChannelId(n) for n in range(len(facts))])
        best = [merge(first, second) for second in facts]
        assert kept == {ChannelId(n): fact for n, fact in enumerate(best) if fact.known}


LOW = ("at", 1), ("source", Source.QUESTION), ("sequence", 1), ("status", Status.LEFT), ("present", False)
HIGH = ("at", 2), ("source", Source.EVENT), ("sequence", 2), ("status", Status.MEMBER), ("present", True)


@pytest.mark.parametrize("ranked", [[*range(n, 6)] for n in range(6)])
async def test_a_standing_is_ranked_by_each_part_before_the_next(store: Store, ranked: list[int]) -> None:
    """What ranks first decides, however the rest compares; and what ranks last decides between equals."""
    decisive, *rest = ranked
    better = _standing({decisive})
    for worse in (_standing(set(rest)), _standing(set())):
        for person, order in enumerate(((better, worse), (worse, better))):
            for one in order:
                await store.apply(seen(one, UserId(person)))
            assert await store.standing(GROUP, UserId(person)) == better == newer(*order)


def _standing(high: set[int]) -> Standing:
    """Return a standing whose parts with these ranks are high, and the others low."""
    part: dict[str, Any] = dict((HIGH if place in high else LOW)[place] for place in range(5))
    stamp = Stamp(part["at"], part["source"], part["sequence"])
    return Standing(part["status"], stamp, part["present"], Restriction(MUTED, 2 if 5 in high else 1))


async def test_an_older_fact_changes_nothing(store: Store) -> None:
    """News that comes late is no news."""
    await store.apply(learnt(fact(20, MembershipState.OUT)))
    await store.apply(learnt(fact(10, MembershipState.IN)))
    assert await known(store, USER, [CHANNEL]) == {CHANNEL: fact(20, MembershipState.OUT)}


async def test_unknown_never_replaces_knowledge(store: Store) -> None:
    """A question that failed leaves what was known."""
    await store.apply(learnt(fact(10)))
    await store.apply(learnt(Membership(Stamp(99, Source.QUESTION), MembershipState.UNKNOWN)))
    assert await known(store, USER, [CHANNEL]) == {CHANNEL: fact(10)}


async def test_what_is_not_known_is_absent(store: Store) -> None:
    """Nothing is said of channels that nothing is known about."""
    await store.apply(learnt(Membership(Stamp(5, Source.QUESTION), MembershipState.UNKNOWN)))
    assert await known(store, USER, [CHANNEL]) == {}
    assert await known(store, USER, []) == {}
    assert await store.standing(GROUP, USER) is None


async def test_only_the_channels_asked_for_are_told(store: Store) -> None:
    """One visit answers for several channels of one person."""
    mine, other = [ChannelId(-1), ChannelId(-2)], ChannelId(-3)
    for where in (*mine, other):
        await store.apply(learnt(fact(), where=where))
    await store.apply(learnt(fact(), UserId(1), other))
    assert await known(store, USER, mine) == {ChannelId(-1): fact(), ChannelId(-2): fact()}


async def test_a_persons_record_is_all_of_it_at_once(store: Store) -> None:
    """One visit tells what three would."""
    assert await store.person(GROUP, USER, [CHANNEL]) == PersonRecord()
    await store.apply(full())
    whole = PersonRecord(hold(), Standing(Status.MEMBER), {CHANNEL: fact()})
    assert await store.person(GROUP, USER, [ChannelId(-1), CHANNEL]) == whole
    assert await store.person(GROUP, USER, []) == PersonRecord(hold(), Standing(Status.MEMBER))


async def test_a_standing_comes_back_whole(store: Store) -> None:
    """Rights, end and author of a restriction survive, however large the ids."""
    some = Restriction(frozenset({"can_send_polls", "a_right_of_tomorrow"}), 2**40)
    wholes = [
        Standing(Status.RESTRICTED, Stamp(1, Source.EVENT, 7), False, some, UserId(2**52)),
        Standing(Status.RESTRICTED, Stamp(2, Source.EVENT, 8), True, Restriction(MUTED, 0)),
        Standing(Status.MEMBER, Stamp(3, Source.QUESTION), True, Restriction(EVERYTHING, 0)),
    ]
    for whole in wholes:
        await store.apply(seen(whole))
        assert await store.standing(GROUP, USER) == whole
