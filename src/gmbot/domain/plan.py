"""plan(): what must be done so that a person is held, or free, as the verdict says?"""

from __future__ import annotations

import msgspec

from gmbot.domain.hold import HOLD_SECONDS, EndReason, Hold, HoldState
from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.standing import FREE, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict

FRESH_STANDING_S = 5
"""A standing older than this is looked at again before a restriction is touched."""

TELEGRAM_SHORTEST_S = 35
"""Telegram takes an end nearer than 30 s for "for ever" (restrictChatMember, until_date); with a margin."""


class Nothing(msgspec.Struct, frozen=True, tag=True):
    """All is as it should be."""


class Look(msgspec.Struct, frozen=True, tag=True):
    """Ask Telegram for the person's standing first: nothing is touched on old news."""


class Place(msgspec.Struct, frozen=True, tag=True):
    """Write `hold` down, then restrict."""

    hold: Hold


class Confirm(msgspec.Struct, frozen=True, tag=True):
    """The hold that is owed is in place already: an earlier answer was lost."""

    hold: Hold


class Lift(msgspec.Struct, frozen=True, tag=True):
    """Give back `restriction`, then end `hold` for `reason`."""

    hold: Hold
    restriction: Restriction
    reason: EndReason


class End(msgspec.Struct, frozen=True, tag=True):
    """The hold is over without a call: somebody else, or Telegram, ended it."""

    hold: Hold
    reason: EndReason


Action = Nothing | Look | Place | Confirm | Lift | End
NOTHING = Nothing()
LOOK = Look()


class Situation(msgspec.Struct, frozen=True):
    """One person in one group, as far as it is known; `now` is Unix seconds on Telegram's clock.

    `spoke`: the person has just written there, which somebody who never joined can do in a linked
    discussion group. `looked`: the standing was asked for in this very attempt.
    """

    group_id: GroupId
    user_id: UserId
    now: float
    standing: Standing | None = None
    hold: Hold | None = None
    spoke: bool = False
    looked: bool = False
    bot_id: UserId = UserId(0)

    @property
    def fresh(self) -> bool:
        """Whether the standing is new enough to place a hold on."""
        return self.looked or (
            self.standing is not None and self.now - self.standing.stamp.at <= FRESH_STANDING_S
        )

    @property
    def active_hold(self) -> Hold | None:
        """The hold, unless it has ended."""
        return self.hold if self.hold is not None and self.hold.active else None


def plan(verdict: Verdict, at: Situation) -> Action:
    """Return the one next step towards what the verdict says; UNDECIDED never moves anything."""
    hold = at.active_hold
    if verdict.judgement is Judgement.UNDECIDED:
        return NOTHING
    if verdict.judgement is Judgement.ALLOWED:
        return NOTHING if hold is None else _towards_freedom(verdict, at, hold)
    if at.standing is None or not at.fresh:
        return _placed_already(at) or LOOK
    return _towards_hold(verdict, at, at.standing, hold)


def _placed_already(at: Situation) -> Action | None:
    """A hold that is in place, as far as anybody knows, needs no question."""
    hold = at.active_hold
    settled = hold is not None and hold.state is HoldState.PLACED and not at.spoke
    return NOTHING if settled and (at.standing is None or hold_stands(at, at.standing)) else None


def hold_stands(at: Situation, standing: Standing) -> bool:
    """Whether what is known of the person's standing agrees with the hold that GMBot placed."""
    hold = at.active_hold
    return hold is not None and (hold.matches(standing) or standing.stamp.at <= hold.at)


def _towards_freedom(verdict: Verdict, at: Situation, hold: Hold) -> Action:
    if at.standing is None or not at.looked:
        return LOOK
    reason = _RELEASES.get(verdict.reason, EndReason.QUALIFIED)
    if over := _ended_elsewhere(at, at.standing, hold):
        return End(hold, reason if over in _OURS_UNHEARD else over)
    return Lift(hold, _give_back(hold.prior, at.now), reason)


def _towards_hold(verdict: Verdict, at: Situation, standing: Standing, hold: Hold | None) -> Action:
    if hold is None:
        return Place(_new_hold(verdict, at, standing)) if _may_be_held(at, standing) else NOTHING
    if hold.matches(standing):
        return Confirm(hold.placed()) if hold.state is HoldState.OWED else NOTHING
    if hold.state is HoldState.OWED and _may_be_held(at, standing):
        return Place(hold)
    if over := _ended_elsewhere(at, standing, hold):
        return End(hold, over)
    return NOTHING


def _may_be_held(at: Situation, standing: Standing) -> bool:
    """Hands off admins, the banned (restricting would un-ban), and whoever an admin has muted already."""
    if standing.is_admin or standing.status is Status.KICKED:
        return False
    if standing.status is Status.RESTRICTED and standing.restriction.silences(at.now):
        return False
    return standing.present or at.spoke


def _ended_elsewhere(at: Situation, standing: Standing, hold: Hold) -> EndReason | None:
    """Why the hold is over although GMBot did not lift it; None while the restriction is ours."""
    if hold.matches(standing):
        return None
    if standing.status is Status.KICKED:
        return EndReason.BANNED
    if standing.is_admin:
        return EndReason.PROMOTED
    if hold.state is HoldState.OWED:
        return EndReason.NEVER_PLACED
    if standing.status is Status.RESTRICTED:
        return EndReason.TAKEN_OVER
    if standing.status is Status.LEFT:
        return EndReason.LEFT
    by_hand = standing.by is not None and standing.by != at.bot_id
    return EndReason.PARDONED if by_hand else EndReason.LAPSED


def _new_hold(verdict: Verdict, at: Situation, standing: Standing) -> Hold:
    prior = standing.restriction if standing.status is Status.RESTRICTED else FREE
    before = at.hold
    return Hold(
        group_id=at.group_id,
        user_id=at.user_id,
        at=at.now,
        until=int(at.now) + HOLD_SECONDS,
        missing=verdict.missing,
        prior=prior,
        prompted_at=before.prompted_at if before else 0,
        revision=before.revision + 1 if before else 0,
    )


def _give_back(prior: Restriction, now: float) -> Restriction:
    nearly_over = 0 < prior.until <= now + TELEGRAM_SHORTEST_S
    return FREE if nearly_over else prior


_OURS_UNHEARD = {EndReason.PARDONED, EndReason.LAPSED}
"""Somebody to be freed is free: we did it and the answer was lost, or it makes no difference who did."""

_RELEASES = {
    Reason.NOT_GUARDED: EndReason.UNPROTECTED,
    Reason.CHANNEL_UNUSABLE: EndReason.CHANNEL_UNUSABLE,
    Reason.ADMIN: EndReason.PROMOTED,
    Reason.PARDONED: EndReason.PARDONED,
    Reason.QUALIFIED: EndReason.QUALIFIED,
}
