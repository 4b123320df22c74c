"""Verdicts about one person, and how things stand with them, for the tests of plan()."""

from tests.unit.domain.people import BOT, GROUP, NEWS, NOW, PERSON, restricted

from gmbot.domain.hold import Hold
from gmbot.domain.ids import UserId
from gmbot.domain.plan import Action, Confirm, End, Lift, Place, Situation
from gmbot.domain.standing import Standing
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
