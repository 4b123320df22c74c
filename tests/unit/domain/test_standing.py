"""What a person is in a group."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.people import NOW, OVER, TEXT_ONLY, standing

from gmbot.domain.ids import UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.standing import (
    EVERYTHING,
    FREE,
    MUTED,
    PERMISSIONS,
    SPEECH,
    Restriction,
    Standing,
    Status,
    newer,
)

stamps = st.builds(Stamp, st.integers(0, 2), st.sampled_from(Source), st.integers(0, 2))
restrictions = st.builds(Restriction, st.sampled_from([EVERYTHING, MUTED, SPEECH]), st.integers(0, 1))
standings = st.builds(
    Standing,
    st.sampled_from(Status),
    stamps,
    st.booleans(),
    restrictions,
    st.sampled_from([None, UserId(1), UserId(2)]),
)


def test_the_permissions_are_telegrams_sixteen() -> None:
    """Nine of them are ways of sending."""
    assert (len(PERMISSIONS), len(EVERYTHING), len(SPEECH)) == (16, 16, 9)


@pytest.mark.parametrize(
    ("restriction", "silences"),
    [
        (Restriction(MUTED), True),
        (Restriction(MUTED, int(NOW) + 1), True),
        (Restriction(EVERYTHING - SPEECH), True),
        (TEXT_ONLY, False),
        (FREE, False),
        (OVER, False),
        (Restriction(MUTED, int(NOW)), False),
    ],
)
def test_who_may_send_nothing_is_silenced(restriction: Restriction, silences: bool) -> None:
    """Whoever may send anything at all, or whose time is over, is not (SEMANTICS of getChatMember)."""
    assert restriction.silences(NOW) is silences


@pytest.mark.parametrize(
    ("until", "lapsed"), [(0, False), (int(NOW) + 1, False), (int(NOW), True), (int(NOW) - 1, True)]
)
def test_a_restriction_lapses_at_its_end(until: int, lapsed: bool) -> None:
    """Nought means for ever."""
    assert Restriction(MUTED, until).lapsed(NOW) is lapsed


@pytest.mark.parametrize("status", Status)
def test_owner_and_admins_are_admins(status: Status) -> None:
    """And nobody else is."""
    assert standing(status).is_admin is (status in {Status.CREATOR, Status.ADMINISTRATOR})


@pytest.mark.parametrize(("present", "state"), [(True, MembershipState.IN), (False, MembershipState.OUT)])
def test_a_standing_in_a_channel_is_a_membership(present: bool, state: MembershipState) -> None:
    """A restricted person may be in or out."""
    seen = standing(Status.RESTRICTED, present=present)
    assert seen.as_membership() == Membership(seen.stamp, state)


def test_the_newer_standing_wins() -> None:
    """In whichever order they are heard."""
    old, new = standing(Status.LEFT, age_s=9), standing(Status.MEMBER)
    assert newer(old, new) == newer(new, old) == new


@pytest.mark.parametrize("one", [None, UserId(1)])
@pytest.mark.parametrize("other", [None, UserId(1), UserId(2)])
def test_of_two_that_differ_in_who_did_it_the_same_one_always_wins(
    one: UserId | None, other: UserId | None
) -> None:
    """In whatever order they come."""
    first, second = (msgspec.structs.replace(standing(), by=by) for by in (one, other))
    assert newer(first, second) == newer(second, first)


@given(standings, standings, standings)
def test_merging_standings_ends_the_same_in_any_order(a: Standing, b: Standing, c: Standing) -> None:
    """Commutative, associative and idempotent, so duplicates and reordering change nothing."""
    assert newer(a, b) == newer(b, a)
    assert newer(a, newer(b, c)) == newer(newer(a, b), c)
    assert newer(a, a) == a
