"""A hold: a mute that GMBot placed, and only that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.people import (
    DAY,
    FOR_A_DAY,
    FOR_EVER,
    GROUP,
    NOW,
    PERSON,
    TEXT_ONLY,
    owed,
    placed,
    restricted,
    standing,
)

from gmbot.domain.hold import EndReason, Hold, HoldState, bears_mark, hold_end
from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.standing import EVERYTHING, MUTED, SPEECH, Restriction, Status

groups = st.integers(-(10**14), -1).map(GroupId)
users = st.integers(1, 10**11).map(UserId)
moments = st.floats(1.6e9, 4e9)


def test_a_hold_is_owed_before_it_is_placed_and_placed_before_it_ends() -> None:
    """It is active until it has ended, and each step is a new revision."""
    life = [owed(), owed().placed(NOW), owed().placed(NOW).ended(EndReason.QUALIFIED, NOW)]
    assert [hold.state for hold in life] == [HoldState.OWED, HoldState.PLACED, HoldState.ENDED]
    assert [hold.active for hold in life] == [True, True, False]
    assert [hold.revision for hold in life] == [0, 1, 2]


@pytest.mark.parametrize(("second", "at"), [(8, 8), (9, 9.5), (10, 9.5)])
def test_a_hold_is_no_younger_than_what_took_its_place(second: int, at: float) -> None:
    """Telegram tells whole seconds: what happened in the very second may have come after it."""
    assert owed().placed(9.5).no_later_than(second).at == at


def test_an_ended_hold_knows_why_and_when() -> None:
    """For the audit trail."""
    ended = placed().ended(EndReason.BANNED, NOW)
    assert (ended.end, ended.ended_at) == (EndReason.BANNED, NOW)


@pytest.mark.parametrize("reason", EndReason)
def test_only_an_admins_pardon_is_a_pardon(reason: EndReason) -> None:
    """It exempts from then on."""
    assert placed().ended(reason, NOW).pardoned is (reason is EndReason.PARDONED)


def test_a_prompt_is_remembered_even_after_it_was_deleted() -> None:
    """When it was sent decides when the next may be."""
    prompted = placed().prompted(MessageId(5), NOW)
    assert (prompted.prompt_id, prompted.prompted_at) == (5, NOW)
    deleted = prompted.unprompted()
    assert (deleted.prompt_id, deleted.prompted_at) == (None, NOW)


def test_a_person_may_leave_and_come_back_while_held() -> None:
    """The hold stays."""
    left = placed().gone(away=True)
    assert left.away
    assert not left.gone(away=False).away
    assert left.active


def test_another_attempt_keeps_the_fingerprint() -> None:
    """The first may still arrive."""
    again = owed().retried(TEXT_ONLY, NOW)
    assert (again.until, again.at, again.prior, again.revision) == (owed().until, NOW, TEXT_ONLY, 1)


def test_a_hold_that_turns_out_not_to_have_ended_is_owed_again() -> None:
    """With all that was known of it."""
    hold = placed(prior=TEXT_ONLY)
    revived = hold.ended(EndReason.PARDONED, NOW).revived(NOW + 1)
    assert (revived.state, revived.pardoned, revived.prior) == (HoldState.OWED, False, TEXT_ONLY)
    assert (revived.at, revived.ended_at, revived.revision) == (NOW + 1, 0, 3)


def test_what_is_placed_is_a_mute_with_the_holds_end() -> None:
    """The end is its fingerprint."""
    assert placed().restriction == Restriction(MUTED, placed().until)


def test_a_hold_recognises_its_own_restriction() -> None:
    """Telegram may report permissions that are no speech."""
    hold = placed()
    assert hold.matches(restricted(hold.restriction))
    assert hold.matches(restricted(Restriction(EVERYTHING - SPEECH, hold.until)))


@pytest.mark.parametrize(
    "restriction",
    [
        FOR_EVER,
        FOR_A_DAY,
        Restriction(MUTED, placed().until + 1),
        Restriction(frozenset({"can_send_messages"}), placed().until),
    ],
)
def test_a_hold_disowns_every_other_restriction(restriction: Restriction) -> None:
    """Another end, or a voice, is somebody else's doing."""
    assert not placed().matches(restricted(restriction))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.RESTRICTED}))
def test_a_hold_is_a_restriction_and_no_other_status(status: Status) -> None:
    """A ban with the same end is a ban."""
    assert not placed().matches(standing(status, placed().restriction))


@given(groups, users, moments)
def test_telegram_takes_the_end_of_a_hold_as_it_is(group: GroupId, user: UserId, at: float) -> None:
    """An end in under 30 s or over 366 days would mean for ever."""
    assert 360 * DAY <= hold_end(group, user, at) - int(at) <= 365 * DAY


@given(groups, users, moments)
def test_a_hold_is_recognised_without_its_record(group: GroupId, user: UserId, at: float) -> None:
    """Nobody stays muted because a database was lost."""
    assert bears_mark(group, user, restricted(Restriction(MUTED, hold_end(group, user, at))))


@given(st.integers(1, 431_992))
def test_other_ends_do_not_bear_the_mark(later: int) -> None:
    """An admin's mute has one chance in some hundred thousand to look like ours."""
    assert not bears_mark(GROUP, PERSON, restricted(Restriction(MUTED, hold_end(GROUP, PERSON, NOW) + later)))


def test_the_mark_is_another_for_another_person() -> None:
    """A restriction copied from one to another is not ours."""
    hold = Restriction(MUTED, hold_end(GROUP, PERSON, NOW))
    assert not bears_mark(GROUP, UserId(PERSON + 1), restricted(hold))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.RESTRICTED}))
def test_only_a_restriction_bears_the_mark(status: Status) -> None:
    """A timed ban with the same end is left alone."""
    hold = Restriction(MUTED, hold_end(GROUP, PERSON, NOW))
    assert not bears_mark(GROUP, PERSON, standing(status, hold))


def test_a_restriction_that_lets_speak_does_not_bear_the_mark() -> None:
    """GMBot never places one."""
    until = hold_end(GROUP, PERSON, NOW)
    assert not bears_mark(GROUP, PERSON, restricted(Restriction(SPEECH, until)))


def test_a_mute_for_ever_does_not_bear_the_mark() -> None:
    """Not even for the person whose mark is nought."""
    group, user = GroupId(0), UserId(0)
    assert not bears_mark(group, user, restricted(FOR_EVER))


def test_a_hold_is_a_value() -> None:
    """Two records of one hold are equal."""
    assert owed() == Hold(GROUP, PERSON, NOW - 100, owed().until, owed().missing)
