"""plan() for somebody who is held as they deserve: what keeps a hold, and what ends it."""

import msgspec
import pytest
from tests.unit.domain.people import (
    ADMIN,
    BOT,
    FOR_A_DAY,
    FOR_EVER,
    NOW,
    PERSON,
    TEXT_ONLY,
    placed,
    restricted,
    standing,
)
from tests.unit.domain.situations import HELD, at, held

from gmbot.domain.hold import EndReason
from gmbot.domain.plan import LOOK, NOTHING, End, Place, plan
from gmbot.domain.standing import FREE, Standing, Status


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
