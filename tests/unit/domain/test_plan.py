"""plan(): the one next step towards what the verdict says."""

import msgspec
import pytest
from tests.unit.domain.people import (
    ADMIN,
    BOT,
    DAY,
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

from gmbot.domain.hold import EndReason, Hold, HoldState, hold_end
from gmbot.domain.ids import MessageId, UserId
from gmbot.domain.plan import (
    FRESH_STANDING_S,
    LOOK,
    NOTHING,
    TELEGRAM_SHORTEST_S,
    Action,
    Confirm,
    End,
    Lift,
    Place,
    Situation,
    plan,
)
from gmbot.domain.standing import FREE, MUTED, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict

HELD = Verdict(Judgement.HELD, Reason.NOT_SUBSCRIBED, (NEWS,))
ALLOWED = Verdict(Judgement.ALLOWED, Reason.QUALIFIED)
UNDECIDED = Verdict(Judgement.UNDECIDED, Reason.UNKNOWN_MEMBERSHIP, (), (NEWS,))


def at(
    seen: Standing | None = None, hold: Hold | None = None, *, looked: bool = False, spoke: bool = False
) -> Situation:
    """The situation of one person now."""
    return Situation(GROUP, PERSON, NOW, seen, hold, spoke, looked, BOT)


def held(hold: Hold, *, age_s: int = 0, by: UserId | None = None) -> Standing:
    """The standing of somebody whom this hold silences."""
    return restricted(hold.restriction, age_s=age_s, by=by)


def the_hold(action: Action) -> Hold:
    """The hold that an action is about."""
    assert isinstance(action, Place | Confirm | Lift | End)
    return action.hold


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
        assert plan(HELD, at(held(owed()), owed())) == Confirm(owed().placed())

    def test_a_hold_that_is_not_there_is_placed_with_the_same_end(self) -> None:
        """An attempt that arrives late is still recognised."""
        assert the_hold(plan(HELD, at(standing(), owed()))).until == owed().until

    def test_news_from_before_another_attempt_tell_nothing_about_it(self) -> None:
        """An admin added the person while the hold was owed: that is no pardon."""
        added = standing(by=ADMIN)
        again = the_hold(plan(HELD, at(added, owed()))).placed()
        assert plan(HELD, at(added, again)) == NOTHING

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


class TestHoldPlaced:
    """A hold is in place as far as anybody knows, and still deserved."""

    @pytest.mark.parametrize("seen", [None, held(placed(), age_s=50), standing(age_s=101)])
    def test_all_is_well(self, seen: Standing | None) -> None:
        """No news since it was placed, or news that agree: no question is asked."""
        assert plan(HELD, at(seen, placed())) == NOTHING

    @pytest.mark.parametrize("seen", [None, held(placed()), standing(age_s=101)])
    def test_somebody_held_who_speaks_is_looked_at(self, seen: Standing | None) -> None:
        """They could not, if the hold were there."""
        assert plan(HELD, at(seen, placed(), spoke=True)) == LOOK

    def test_no_hold_ends_by_an_answer_alone(self) -> None:
        """It may be an old one; whoever is held and recorded as free would be forgotten."""
        action = plan(HELD, at(standing(), placed(), looked=True))
        assert action == Place(placed().retried(FREE, NOW))

    @pytest.mark.parametrize("status", [Status.RESTRICTED, Status.LEFT, Status.KICKED, Status.ADMINISTRATOR])
    def test_contrary_news_of_its_very_second_are_looked_at(self, status: Status) -> None:
        """They may be from before it or from after it: seconds are all that Telegram tells."""
        hold = msgspec.structs.replace(placed(), at=NOW - 1 + 0.5)
        assert plan(HELD, at(standing(status, age_s=1), hold)) == LOOK

    def test_whoever_was_a_member_in_its_very_second_was_so_before_it(self) -> None:
        """They joined, and were held at once: nothing more is asked."""
        hold = msgspec.structs.replace(placed(), at=NOW - 1 + 0.5)
        assert plan(HELD, at(standing(age_s=1), hold)) == NOTHING

    def test_a_hold_that_was_looked_at_and_is_there_is_left(self) -> None:
        """The message was older than the hold."""
        assert plan(HELD, at(held(placed()), placed(), looked=True, spoke=True)) == NOTHING

    def test_contrary_news_that_are_not_fresh_are_looked_at(self) -> None:
        """A minute later it may all be different."""
        assert plan(HELD, at(standing(age_s=60), placed())) == LOOK

    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            (standing(Status.ADMINISTRATOR, by=ADMIN), EndReason.PROMOTED),
            (standing(Status.CREATOR), EndReason.PROMOTED),
            (standing(Status.KICKED, by=ADMIN), EndReason.BANNED),
            (standing(Status.LEFT, by=ADMIN), EndReason.LEFT),
            (restricted(FOR_EVER, by=ADMIN), EndReason.TAKEN_OVER),
            (restricted(FOR_A_DAY), EndReason.TAKEN_OVER),
            (restricted(TEXT_ONLY), EndReason.TAKEN_OVER),
            (restricted(TEXT_ONLY, by=ADMIN), EndReason.PARDONED),
            (standing(by=ADMIN), EndReason.PARDONED),
            (standing(by=BOT), EndReason.LAPSED),
            (standing(by=PERSON), EndReason.LAPSED),
        ],
    )
    def test_somebody_else_or_time_ended_it(self, seen: Standing, reason: EndReason) -> None:
        """Who gives a voice back by hand pardons; rejoining does not pardon oneself."""
        assert plan(HELD, at(seen, placed())) == End(placed(), reason)


class TestFreeing:
    """Somebody qualifies, or need not."""

    @pytest.mark.parametrize("seen", [None, standing(), restricted(FOR_EVER), standing(Status.KICKED)])
    @pytest.mark.parametrize("hold", [None, placed().ended(EndReason.LEFT, NOW - 50)])
    def test_whoever_is_not_held_is_nobodys_business(self, seen: Standing | None, hold: Hold | None) -> None:
        """Least of all if an admin muted them."""
        assert plan(ALLOWED, at(seen, hold, looked=True)) == NOTHING

    @pytest.mark.parametrize("hold", [owed(), placed()])
    @pytest.mark.parametrize("seen", [None, held(placed()), standing()])
    def test_nobody_is_freed_without_a_look(self, hold: Hold, seen: Standing | None) -> None:
        """An admin may have muted or banned them since."""
        assert plan(ALLOWED, at(seen, hold)) == LOOK

    @pytest.mark.parametrize("hold", [owed(), placed()])
    def test_a_hold_that_is_there_is_lifted(self, hold: Hold) -> None:
        """Whether or not its placing was ever confirmed."""
        action = plan(ALLOWED, at(held(hold), hold, looked=True))
        assert action == Lift(hold, FREE, EndReason.QUALIFIED)

    @pytest.mark.parametrize(
        ("why", "reason"),
        [
            (Reason.NOT_GUARDED, EndReason.UNPROTECTED),
            (Reason.CHANNEL_UNUSABLE, EndReason.CHANNEL_UNUSABLE),
            (Reason.ADMIN, EndReason.PROMOTED),
            (Reason.PARDONED, EndReason.PARDONED),
            (Reason.QUALIFIED, EndReason.QUALIFIED),
        ],
    )
    def test_the_end_says_why(self, why: Reason, reason: EndReason) -> None:
        """For the audit trail, and because a pardon lasts."""
        action = plan(Verdict(Judgement.ALLOWED, why), at(held(placed()), placed(), looked=True))
        assert action == Lift(placed(), FREE, reason)

    @pytest.mark.parametrize("prior", [TEXT_ONLY, NO_MEDIA_FOR_A_DAY, FOR_EVER, FOR_A_DAY])
    def test_people_get_back_what_they_had(self, prior: Restriction) -> None:
        """An admin's restriction that was there before is there again."""
        hold = placed(prior=prior)
        assert plan(ALLOWED, at(held(hold), hold, looked=True)) == Lift(hold, prior, EndReason.QUALIFIED)

    @pytest.mark.parametrize(
        ("left_s", "kept"), [(TELEGRAM_SHORTEST_S + 1, True), (TELEGRAM_SHORTEST_S, False), (-DAY, False)]
    )
    def test_what_is_nearly_over_is_not_given_back(self, left_s: int, kept: bool) -> None:
        """Telegram would take its end for "for ever"."""
        prior = Restriction(MUTED, int(NOW) + left_s)
        hold = placed(prior=prior)
        action = plan(ALLOWED, at(held(hold), hold, looked=True))
        assert action == Lift(hold, prior if kept else FREE, EndReason.QUALIFIED)

    @pytest.mark.parametrize("hold", [owed(), placed(), placed(prior=TEXT_ONLY)])
    def test_whoever_seems_free_already_is_freed_all_the_same(self, hold: Hold) -> None:
        """The answer may be an old one; asking twice changes nothing."""
        action = plan(ALLOWED, at(standing(), hold, looked=True))
        assert action == Lift(hold, FREE, EndReason.QUALIFIED)

    def test_whoever_seems_to_have_their_own_back_gets_it_all_the_same(self) -> None:
        """The same for somebody with a lesser restriction of an admin's."""
        hold = placed(prior=TEXT_ONLY)
        action = plan(ALLOWED, at(restricted(TEXT_ONLY), hold, looked=True))
        assert action == Lift(hold, TEXT_ONLY, EndReason.QUALIFIED)

    @pytest.mark.parametrize(
        ("seen", "hold", "reason"),
        [
            (standing(Status.KICKED), placed(), EndReason.BANNED),
            (standing(Status.ADMINISTRATOR), placed(), EndReason.PROMOTED),
            (standing(Status.LEFT), placed(), EndReason.LEFT),
            (standing(Status.LEFT), owed(), EndReason.NEVER_PLACED),
            (restricted(FOR_EVER), placed(), EndReason.TAKEN_OVER),
            (restricted(FOR_A_DAY), owed(), EndReason.NEVER_PLACED),
            (restricted(TEXT_ONLY), placed(), EndReason.TAKEN_OVER),
        ],
    )
    def test_what_is_not_ours_is_not_lifted(self, seen: Standing, hold: Hold, reason: EndReason) -> None:
        """The hold is over; the person stays as the admin left them."""
        assert plan(ALLOWED, at(seen, hold, looked=True)) == End(hold, reason)


class TestHoldFoundAgain:
    """Telegram has a hold whose record is lost, or says that it ended."""

    ended = placed(prior=TEXT_ONLY).prompted(MessageId(3), NOW - 70).ended(EndReason.QUALIFIED, NOW - 50)

    def test_it_is_looked_at_before_it_is_believed(self) -> None:
        """Whichever way the verdict goes."""
        for verdict in (HELD, ALLOWED):
            assert plan(verdict, at(held(placed()))) == LOOK
            assert plan(verdict, at(held(self.ended), self.ended)) == LOOK

    def test_without_any_record_it_is_lifted(self) -> None:
        """Nobody stays muted because a database was lost."""
        action = plan(ALLOWED, at(held(placed()), looked=True))
        assert isinstance(action, Lift)
        assert (action.restriction, action.hold.until) == (FREE, placed().until)
        assert (action.hold.group_id, action.hold.user_id, action.hold.prompted_at) == (GROUP, PERSON, 0)
        assert action.hold.at == int(NOW)

    def test_without_any_record_it_is_recorded_while_it_is_deserved(self) -> None:
        """Instead of being taken for an admin's."""
        action = plan(HELD, at(held(placed()), looked=True))
        assert isinstance(action, Confirm)
        assert (action.hold.state, action.hold.until, action.hold.revision) == (
            HoldState.PLACED,
            placed().until,
            1,
        )

    def test_a_hold_that_came_into_effect_after_its_end_still_gives_back_what_was_there(self) -> None:
        """A call that timed out arrived after the release."""
        action = plan(ALLOWED, at(held(self.ended), self.ended, looked=True))
        assert isinstance(action, Lift)
        assert (action.restriction, action.hold.revision) == (TEXT_ONLY, self.ended.revision + 1)
        assert action.hold.at == int(NOW)

    def test_another_hold_than_the_recorded_one_continues_its_record(self) -> None:
        """A revision that did not grow would never be stored."""
        other = placed(age_s=5 * DAY)
        hold = the_hold(plan(ALLOWED, at(held(other), self.ended, looked=True)))
        assert (hold.until, hold.revision, hold.prompted_at) == (
            other.until,
            self.ended.revision + 1,
            self.ended.prompted_at,
        )

    @pytest.mark.parametrize(
        ("age_s", "by", "news"),
        [(51, BOT, False), (50, None, False), (50, BOT, True), (49, None, True)],
    )
    def test_only_news_from_after_the_end_raise_it(self, age_s: int, by: UserId | None, news: bool) -> None:
        """An event of the same second may be; the answer on which it was lifted is not."""
        action = plan(ALLOWED, at(held(self.ended, age_s=age_s, by=by), self.ended))
        assert (action == LOOK) is news

    def test_an_admins_mute_is_never_taken_for_it(self) -> None:
        """It does not bear the mark."""
        assert plan(ALLOWED, at(restricted(FOR_A_DAY), self.ended, looked=True)) == NOTHING
