"""Facts as whole numbers: nothing is lost, and the better fact is the greater number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmbot.domain.membership import Membership, MembershipState, Source, Stamp, merge
from gmbot.domain.packing import (
    MEMBERSHIP_BITS,
    pack_membership,
    pack_standing,
    packs_admin,
    packs_in,
    unpack_membership,
)
from gmbot.domain.standing import ADMINS, Standing, Status, newer

STAMPS = st.builds(
    Stamp, st.integers(0, 2**36 - 1), st.sampled_from(Source), st.integers(0, 2**64 - 1)
) | st.builds(Stamp, st.integers(0, 2), st.sampled_from(Source), st.integers(0, 2))
MEMBERSHIPS = st.builds(Membership, STAMPS, st.sampled_from(MembershipState))
STANDINGS = st.builds(Standing, status=st.sampled_from(Status), stamp=STAMPS)


@given(MEMBERSHIPS)
def test_what_was_packed_can_be_unpacked(fact: Membership) -> None:
    """Whole, and within its bits."""
    packed = pack_membership(fact)
    assert unpack_membership(packed) == fact
    assert 0 <= packed < 1 << MEMBERSHIP_BITS


@given(MEMBERSHIPS)
def test_a_subscriber_is_known_by_the_number(fact: Membership) -> None:
    """Without unpacking it."""
    assert packs_in(pack_membership(fact)) == (fact.state is MembershipState.IN)


@given(MEMBERSHIPS.filter(lambda fact: fact.known), MEMBERSHIPS.filter(lambda fact: fact.known))
def test_the_better_known_fact_is_the_greater_number(one: Membership, other: Membership) -> None:
    """As `merge` says."""
    assert max(pack_membership(one), pack_membership(other)) == pack_membership(merge(one, other))


@given(STANDINGS)
def test_an_admin_is_known_by_the_number(fact: Standing) -> None:
    """The owner is one."""
    assert packs_admin(pack_standing(fact)) == (fact.status in ADMINS)


@given(STANDINGS, STANDINGS)
def test_the_newer_standing_is_the_greater_number(one: Standing, other: Standing) -> None:
    """As `newer` says."""
    assert max(pack_standing(one), pack_standing(other)) == pack_standing(newer(one, other))


def test_standings_differ_by_the_least_of_their_versions() -> None:
    """An update after another, of one second."""
    early, late = (Standing(Status.RESTRICTED, Stamp(7, Source.EVENT, number)) for number in (1, 2))
    assert pack_standing(early) < pack_standing(late)


@pytest.mark.parametrize(
    ("stamp", "packed"),
    [
        (Stamp(0, Source(min(Source)), 0), 0),
        (Stamp(1, Source(min(Source)), 0), 1 << 66),
        (Stamp(0, Source(min(Source)), 1), 1),
    ],
)
def test_numbers_are_as_other_processes_read_them(stamp: Stamp, packed: int) -> None:
    """Redis keeps them: the second above the source above the sequence above the state."""
    for state in MembershipState:
        assert pack_membership(Membership(stamp, state)) == packed << 2 | int(state)
