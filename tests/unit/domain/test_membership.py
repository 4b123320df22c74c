"""Membership as a versioned fact, and how two facts merge."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain.membership import UNKNOWN, Membership, MembershipState, Source, Stamp, merge

stamps = st.builds(Stamp, st.integers(0, 3), st.sampled_from(Source), st.integers(0, 3))
facts = st.builds(Membership, stamps, st.sampled_from(MembershipState))


def fact(state: MembershipState, at: int, source: Source = Source.EVENT, sequence: int = 0) -> Membership:
    """A fact learnt at second `at`."""
    return Membership(Stamp(at, source, sequence), state)


@given(facts, facts)
def test_merging_does_not_depend_on_order(one: Membership, other: Membership) -> None:
    """Commutative."""
    assert merge(one, other) == merge(other, one)


@given(facts, facts, facts)
def test_merging_does_not_depend_on_grouping(a: Membership, b: Membership, c: Membership) -> None:
    """Associative."""
    assert merge(a, merge(b, c)) == merge(merge(a, b), c)


@given(facts)
def test_a_duplicate_changes_nothing(one: Membership) -> None:
    """Idempotent."""
    assert merge(one, one) == one


@given(st.lists(facts, min_size=1), st.randoms(use_true_random=False), st.integers(0, 3))
def test_reordered_and_repeated_news_ends_the_same(
    news: list[Membership], random: object, twice: int
) -> None:
    """Whatever the network does to a history, the end is the history's."""
    shuffled = news + news[:twice]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reduce(merge, shuffled) == reduce(merge, news)


@given(stamps, facts)
def test_unknown_never_replaces_knowledge(stamp: Stamp, one: Membership) -> None:
    """However new it is."""
    merged = merge(one, Membership(stamp, MembershipState.UNKNOWN))
    assert merged.state is one.state
    assert merged == one or not one.known


@given(facts)
def test_knowledge_replaces_unknown_however_old_it_is(one: Membership) -> None:
    """Old news is better than none."""
    late = Membership(Stamp(99, Source.EVENT, 99), MembershipState.UNKNOWN)
    assert merge(late, one).known is one.known


def test_the_newer_fact_wins() -> None:
    """Even when it arrives first."""
    joined, left = fact(MembershipState.IN, 10), fact(MembershipState.OUT, 11)
    assert merge(left, joined) == left


def test_an_event_beats_an_answer_of_the_same_second() -> None:
    """It may have come after the question was asked."""
    answer = fact(MembershipState.OUT, 10, Source.QUESTION, sequence=9)
    event = fact(MembershipState.IN, 10, Source.EVENT)
    assert merge(answer, event) == event


def test_events_of_one_second_are_ordered_by_their_update() -> None:
    """Telegram's dates are whole seconds."""
    first, second = (fact(s, 10, sequence=n) for n, s in enumerate([MembershipState.IN, MembershipState.OUT]))
    assert merge(first, second) == second


def test_between_equals_the_person_has_the_benefit_of_the_doubt() -> None:
    """IN beats OUT at the very same stamp."""
    out, inside = fact(MembershipState.OUT, 10), fact(MembershipState.IN, 10)
    assert merge(out, inside) == inside


@pytest.mark.parametrize("state", MembershipState)
def test_only_in_and_out_are_knowledge(state: MembershipState) -> None:
    """UNKNOWN is the lack of it."""
    assert fact(state, 10).known is (state is not MembershipState.UNKNOWN)
    assert not UNKNOWN.known
