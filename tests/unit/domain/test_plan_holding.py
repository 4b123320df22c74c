"""plan() for somebody who does not qualify, or of whom that is not known: up to a hold in place."""

import pytest
from tests.unit.domain.people import (
    ADMIN,
    FOR_A_DAY,
    FOR_EVER,
    GROUP,
    NEWS,
    NO_MEDIA_FOR_A_DAY,
    NOW,
    OVER,
    PERSON,
    TEXT_ONLY,
    owed,
    placed,
    restricted,
    standing,
)
from tests.unit.domain.situations import HELD, UNDECIDED, at, held, the_hold

from gmbot.domain.hold import EndReason, Hold, HoldState, hold_end
from gmbot.domain.ids import MessageId
from gmbot.domain.plan import FRESH_STANDING_S, LOOK, NOTHING, Confirm, End, Place, plan
from gmbot.domain.standing import FREE, Restriction, Standing, Status


class TestUndecided:
    """Nothing is known, so nothing is done."""

    @pytest.mark.parametrize("hold", [None, owed(), placed(), placed().ended(EndReason.LEFT, NOW - 50)])
    @pytest.mark.parametrize("seen", [None, standing(), restricted(FOR_EVER), held(placed())])
    def test_nobody_is_touched(self, hold: Hold | None, seen: Standing | None) -> None:
        """Neither muted nor freed."""
        assert plan(UNDECIDED, at(seen, hold, looked=True, spoke=True)) == NOTHING


class TestHolding:
    """Somebody is known not to qualify."""

    def test_a_stranger_is_looked_at_first(self) -> None:
        """Nothing is known of them: they may be an admin, or banned."""
        assert plan(HELD, at()) == LOOK

    @pytest.mark.parametrize("age_s", [FRESH_STANDING_S + 1, -FRESH_STANDING_S - 1])
    def test_an_old_standing_is_looked_at_again(self, age_s: int) -> None:
        """So is one from the future: our idea of the time is wrong then."""
        assert plan(HELD, at(standing(age_s=age_s))) == LOOK

    def test_a_standing_from_before_the_last_hold_was_lifted_is_looked_at_again(self) -> None:
        """It shows our own mute, which is gone, and must not be taken for an admin's."""
        before = placed().ended(EndReason.QUALIFIED, NOW)
        assert plan(HELD, at(held(before, age_s=1), before)) == LOOK

    @pytest.mark.parametrize(("age_s", "looked"), [(FRESH_STANDING_S, False), (3600, True)])
    def test_a_member_is_held(self, age_s: int, looked: bool) -> None:
        """On fresh news, or on an answer to our own question, whatever its date."""
        assert isinstance(plan(HELD, at(standing(age_s=age_s), looked=looked)), Place)

    def test_the_hold_says_what_is_missing_and_bears_the_mark(self) -> None:
        """It is the first of its kind."""
        until = hold_end(GROUP, PERSON, NOW)
        assert plan(HELD, at(standing())) == Place(Hold(GROUP, PERSON, NOW, until, (NEWS,)))

    def test_a_later_hold_continues_the_record_of_the_earlier(self) -> None:
        """Its revision grows, and one prompt an hour stays one an hour."""
        before = placed().prompted(MessageId(3), NOW - 60).ended(EndReason.QUALIFIED, NOW - 50)
        hold = the_hold(plan(HELD, at(standing(), before)))
        assert (hold.revision, hold.prompted_at, hold.prompt_id) == (before.revision + 1, NOW - 60, None)
        assert hold.state is HoldState.OWED

    @pytest.mark.parametrize("partial", [TEXT_ONLY, NO_MEDIA_FOR_A_DAY])
    def test_a_lesser_restriction_is_kept_for_afterwards(self, partial: Restriction) -> None:
        """An admin's, which the person gets back."""
        assert the_hold(plan(HELD, at(restricted(partial)))).prior == partial

    @pytest.mark.parametrize("status", [Status.CREATOR, Status.ADMINISTRATOR, Status.KICKED])
    def test_admins_and_the_banned_are_left_alone(self, status: Status) -> None:
        """Restricting the banned would un-ban them (restrictChatMember)."""
        assert plan(HELD, at(standing(status), spoke=True)) == NOTHING

    @pytest.mark.parametrize("mute", [FOR_EVER, FOR_A_DAY])
    def test_whoever_an_admin_silenced_is_left_alone(self, mute: Restriction) -> None:
        """There is one restriction a person: ours would wipe out theirs."""
        assert plan(HELD, at(restricted(mute), spoke=True)) == NOTHING

    def test_a_mute_that_is_over_is_no_mute(self) -> None:
        """Telegram sends no update when it ends."""
        assert isinstance(plan(HELD, at(restricted(OVER))), Place)

    def test_whoever_left_is_left_alone(self) -> None:
        """There is nobody to hold."""
        assert plan(HELD, at(standing(Status.LEFT))) == NOTHING

    def test_whoever_writes_without_having_joined_is_held(self) -> None:
        """In a linked discussion group that is possible."""
        assert isinstance(plan(HELD, at(standing(Status.LEFT), spoke=True)), Place)


class TestHoldOwed:
    """A hold is written down; whether Telegram has it is not known."""

    def test_it_is_looked_at_before_another_attempt(self) -> None:
        """The first may have arrived."""
        assert plan(HELD, at(None, owed())) == LOOK

    def test_a_hold_that_is_there_already_is_confirmed(self) -> None:
        """The answer was lost, not the call."""
        assert plan(HELD, at(held(owed()), owed())) == Confirm(owed().placed(NOW))

    def test_a_hold_that_is_not_there_is_placed_with_the_same_end(self) -> None:
        """An attempt that arrives late is still recognised."""
        assert the_hold(plan(HELD, at(standing(), owed()))).until == owed().until

    def test_news_from_before_another_attempt_tell_nothing_about_it(self) -> None:
        """An admin added the person while the hold was owed: that is no pardon."""
        added = standing(by=ADMIN)
        again = the_hold(plan(HELD, at(added, owed()))).placed(NOW)
        assert plan(HELD, at(added, again)) == NOTHING

    def test_what_an_admin_did_while_the_call_waited_is_no_pardon(self) -> None:
        """It came before the hold: the answer to the call tells when Telegram had it at the latest."""
        hold = owed(age_s=9).placed(NOW)
        assert plan(HELD, at(restricted(TEXT_ONLY, age_s=2, by=ADMIN), hold)) == NOTHING
        assert plan(HELD, at(restricted(TEXT_ONLY, by=ADMIN), hold)) == LOOK

    def test_what_the_person_has_by_now_is_what_they_get_back(self) -> None:
        """An admin took their media away between two attempts, or gave them back."""
        assert the_hold(plan(HELD, at(restricted(TEXT_ONLY), owed()))).prior == TEXT_ONLY
        assert the_hold(plan(HELD, at(standing(), owed(prior=TEXT_ONLY)))).prior == FREE

    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            (standing(Status.ADMINISTRATOR), EndReason.PROMOTED),
            (standing(Status.KICKED), EndReason.BANNED),
            (standing(Status.LEFT), EndReason.NEVER_PLACED),
            (restricted(FOR_EVER), EndReason.NEVER_PLACED),
        ],
    )
    def test_a_hold_that_may_no_longer_be_placed_is_over(self, seen: Standing, reason: EndReason) -> None:
        """Somebody else acted first, or the person is gone."""
        assert plan(HELD, at(seen, owed())) == End(owed(), reason)
