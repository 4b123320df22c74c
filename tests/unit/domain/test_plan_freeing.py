"""plan() for somebody who qualifies, and for holds that nobody recorded."""

import pytest
from tests.unit.domain.people import (
    BOT,
    DAY,
    FOR_A_DAY,
    FOR_EVER,
    GROUP,
    NO_MEDIA_FOR_A_DAY,
    NOW,
    PERSON,
    TEXT_ONLY,
    owed,
    placed,
    restricted,
    standing,
)
from tests.unit.domain.situations import ALLOWED, HELD, at, held, the_hold

from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import MessageId, UserId
from gmbot.domain.plan import LOOK, NOTHING, TELEGRAM_SHORTEST_S, Confirm, End, Lift, plan
from gmbot.domain.standing import FREE, MUTED, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict


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
