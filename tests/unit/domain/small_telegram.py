"""A Telegram that fits on a page, and an attempt to settle somebody in it."""

import msgspec
from tests.unit.domain.people import BOT, DAY, GROUP, NEWS, NOW, PERSON

from gmbot.domain.hold import EndReason, Hold, bears_mark
from gmbot.domain.ids import UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.plan import Action, Confirm, End, Lift, Look, Nothing, Place, Situation, plan
from gmbot.domain.standing import EVERYTHING, FREE, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict

HELD = Verdict(Judgement.HELD, Reason.NOT_SUBSCRIBED, (NEWS,))
ALLOWED = Verdict(Judgement.ALLOWED, Reason.QUALIFIED)
PARDONED = Verdict(Judgement.ALLOWED, Reason.PARDONED)
UNDECIDED = Verdict(Judgement.UNDECIDED, Reason.UNKNOWN_MEMBERSHIP)

MOST_STEPS = 6
UNTOUCHABLE = {Status.CREATOR, Status.ADMINISTRATOR, Status.KICKED}


class Truth(msgspec.Struct, frozen=True):
    """What a person really is in the group."""

    status: Status
    restriction: Restriction = FREE
    present: bool = True

    def seen(self, stamp: Stamp, by: UserId | None = None) -> Standing:
        """The truth as Telegram tells it."""
        return Standing(self.status, stamp, self.present, self.restriction, by)

    def restrict(self, wanted: Restriction, now: float) -> "Truth":
        """What restrictChatMember makes of it: it un-bans, and takes near and far ends for "for ever"."""
        assert self.status not in {Status.CREATOR, Status.ADMINISTRATOR}, "Telegram refuses"
        assert self.status is not Status.KICKED, "that un-bans"
        if wanted.allowed == EVERYTHING:
            return Truth(Status.MEMBER if self.present else Status.LEFT, FREE, self.present)
        lasting = now + 30 <= wanted.until <= now + 366 * DAY
        return Truth(
            Status.RESTRICTED, Restriction(wanted.allowed, wanted.until if lasting else 0), self.present
        )

    @property
    def ours(self) -> bool:
        """Whether GMBot silences the person."""
        return bears_mark(GROUP, PERSON, self.seen(Stamp()))

    def admins_own(self, now: float) -> bool:
        """Whether an admin silenced the person, banned or promoted them: then hands off."""
        silenced = self.status is Status.RESTRICTED and self.restriction.silences(now) and not self.ours
        return silenced or self.status in UNTOUCHABLE


class CallLost(Exception):
    """A call did not arrive, or its answer did not."""


class Attempt:
    """One attempt to settle one person at `now`, as a caller of plan() makes it.

    `loses`: whether its first call is lost before, or after, it took effect, or is `late`: on its way.
    """

    def __init__(
        self,
        verdict: Verdict,
        truth: Truth,
        belief: Standing | None,
        hold: Hold | None,
        *,
        now: float = NOW,
        loses: str = "",
    ) -> None:
        self.verdict = verdict
        self.truth = truth
        self.hold = hold
        self._now = now
        self.on_its_way: Restriction | None = None
        self._loses = loses
        self.actions: list[Action] = []
        self._belief = belief
        self._answer: Standing | None = None

    def run(self, *, spoke: bool) -> "Attempt":
        """Take steps until there is nothing to do. Fails if that never comes."""
        for _ in range(MOST_STEPS):
            action = plan(self.verdict, self._situation(spoke))
            if isinstance(action, Nothing):
                return self
            self.actions.append(action)
            spoke = spoke and not isinstance(action, Place)
            self._act(action)
        raise AssertionError(f"no rest: {self.actions}")

    def _situation(self, spoke: bool) -> Situation:
        seen, looked = self._answer or self._belief, self._answer is not None
        return Situation(GROUP, PERSON, self._now, seen, self.hold, spoke, looked, BOT)

    def _act(self, action: Action) -> None:
        match action:
            case Look():
                self._answer = self.truth.seen(Stamp(int(self._now), Source.QUESTION))
            case Place(hold=hold):
                self._record(hold)
                self._call(hold.restriction)
                self._record(hold.placed(self._now))
            case Confirm(hold=hold):
                self._record(hold)
            case Lift(hold=hold, restriction=restriction, reason=reason):
                self._call(restriction)
                self._record(hold.ended(reason, self._now))
            case End(hold=hold, reason=reason):
                self._record(hold.ended(reason, self._now))
                self.verdict = PARDONED if reason is EndReason.PARDONED else self.verdict
            case Nothing():
                raise AssertionError("there was nothing to do")

    def _record(self, hold: Hold) -> None:
        assert self.hold is None or hold.revision > self.hold.revision or hold == self.hold, "would be lost"
        self.hold = hold

    def _call(self, restriction: Restriction) -> None:
        if self._loses in {"before", "late"}:
            self.on_its_way = restriction if self._loses == "late" else None
            raise CallLost
        self.truth, self._answer = self.truth.restrict(restriction, self._now), None
        if self._loses == "after":
            raise CallLost
