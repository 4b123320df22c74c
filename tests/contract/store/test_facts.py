"""Store: facts are merged, whatever the order they come in."""

from __future__ import annotations

from functools import reduce

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
    learnt,
    memberships,
    seen,
    standings,
)

from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState, Source, Stamp, merge
from gmbot.domain.standing import EVERYTHING, MUTED, Restriction, Standing, Status, newer
from gmbot.gate.changes import Changes
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
    kept = await store.memberships(USER, [CHANNEL])
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


async def test_an_older_fact_changes_nothing(store: Store) -> None:
    """News that comes late is no news."""
    await store.apply(learnt(fact(20, MembershipState.OUT)))
    await store.apply(learnt(fact(10, MembershipState.IN)))
    assert await store.memberships(USER, [CHANNEL]) == {CHANNEL: fact(20, MembershipState.OUT)}


async def test_unknown_never_replaces_knowledge(store: Store) -> None:
    """A question that failed leaves what was known."""
    await store.apply(learnt(fact(10)))
    await store.apply(learnt(Membership(Stamp(99, Source.QUESTION), MembershipState.UNKNOWN)))
    assert await store.memberships(USER, [CHANNEL]) == {CHANNEL: fact(10)}


async def test_what_is_not_known_is_absent(store: Store) -> None:
    """Nothing is said of channels that nothing is known about."""
    await store.apply(learnt(Membership(Stamp(5, Source.QUESTION), MembershipState.UNKNOWN)))
    assert await store.memberships(USER, [CHANNEL]) == {}
    assert await store.memberships(USER, []) == {}
    assert await store.standing(GROUP, USER) is None


async def test_only_the_channels_asked_for_are_told(store: Store) -> None:
    """One visit answers for several channels of one person."""
    mine, other = [ChannelId(-1), ChannelId(-2)], ChannelId(-3)
    for where in (*mine, other):
        await store.apply(learnt(fact(), where=where))
    await store.apply(learnt(fact(), UserId(1), other))
    assert await store.memberships(USER, mine) == {ChannelId(-1): fact(), ChannelId(-2): fact()}


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
