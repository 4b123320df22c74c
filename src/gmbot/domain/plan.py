"""plan(): what must be done so that a person is held, or free, as the verdict says?"""

from __future__ import annotations

import msgspec

from gmbot.domain.hold import EndReason, Hold, HoldState, bears_mark, hold_end
from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import FREE, Restriction, Standing, Status
from gmbot.domain.verdict import Judgement, Reason, Verdict

FRESH_STANDING_S = 5
"""A standing older than this is looked at again before a restriction is touched."""

TELEGRAM_SHORTEST_S = 90
"""Telegram takes an end nearer than 30 s for "for ever" (restrictChatMember, until_date).

The margin is the time that a call may spend waiting and on its way.
"""


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
        """Whether the standing is new enough to place a hold on, and not from before the last one ended."""
        return self.looked or (
            self.standing is not None
            and abs(self.now - self.standing.stamp.at) <= FRESH_STANDING_S
            and (self.hold is None or self.hold.active or not _precedes_end(self.standing, self.hold))
        )

    @property
    def hold_in_force(self) -> Hold | None:
        """The recorded hold unless it has ended; else one that Telegram has and whose record is lost."""
        if self.hold is not None and self.hold.active:
            return self.hold
        if self.standing is None or not bears_mark(self.group_id, self.user_id, self.standing):
            return None
        if self.hold is not None and not self.looked and _precedes_end(self.standing, self.hold):
            return None
        return _found_again(self, self.standing)


def plan(verdict: Verdict, at: Situation) -> Action:
    """Return the one next step towards what the verdict says; UNDECIDED never moves anything."""
    hold = at.hold_in_force
    if verdict.judgement is Judgement.UNDECIDED:
        return NOTHING
    if verdict.judgement is Judgement.ALLOWED:
        return NOTHING if hold is None else _towards_freedom(verdict, at, hold)
    if hold is not None and hold.state is HoldState.PLACED and _outdated(at, hold):
        return LOOK if at.spoke else NOTHING
    if at.standing is None or not at.fresh or (not at.looked and _needs_a_look(at, at.standing, hold)):
        return LOOK
    return _towards_hold(verdict, at, at.standing, hold)


def _outdated(at: Situation, hold: Hold) -> bool:
    """Whether nothing is known of the person's standing since the hold was placed, or it agrees."""
    if at.looked:
        return False
    return at.standing is None or hold.matches(at.standing) or not _may_follow(at.standing, hold)


def _may_follow(standing: Standing, hold: Hold) -> bool:
    """Whether a standing may be from after the hold: of the same second, a member's is from before it."""
    if standing.stamp.at == int(hold.at):
        return standing.status is not Status.MEMBER
    return standing.stamp.at > hold.at


def _needs_a_look(at: Situation, standing: Standing, hold: Hold | None) -> bool:
    """Whether a hold was found again, or a standing of its very second contradicts it."""
    if hold is None or hold is not at.hold:
        return hold is not None
    return hold.state is HoldState.PLACED and standing.stamp.at == int(hold.at)


def _towards_freedom(verdict: Verdict, at: Situation, hold: Hold) -> Action:
    if at.standing is None or not at.looked:
        return LOOK
    reason = _RELEASES.get(verdict.reason, EndReason.QUALIFIED)
    if hold.matches(at.standing):
        return Lift(hold, _give_back(hold.prior, at.now), reason)
    if _as_before(at.standing, hold):
        # Free already, or the answer is an old one: asking for it again changes nothing or mends it.
        return Lift(hold, _give_back(_prior(at.standing), at.now), reason)
    return End(hold, _ended_elsewhere(at, at.standing, hold))


def _towards_hold(verdict: Verdict, at: Situation, standing: Standing, hold: Hold | None) -> Action:
    if hold is None:
        return Place(_new_hold(verdict, at, standing)) if _may_be_held(at, standing) else NOTHING
    if hold.matches(standing):
        return Confirm(hold.placed(at.now)) if hold.state is HoldState.OWED else NOTHING
    if (hold.state is HoldState.OWED or _only_said(standing)) and _may_be_held(at, standing):
        return Place(hold.retried(_prior(standing), at.now))
    return End(hold, _ended_elsewhere(at, standing, hold))


def _only_said(standing: Standing) -> bool:
    """Whether an answer alone has somebody as a plain member: it may be an old one, so a hold goes on."""
    return standing.status is Status.MEMBER and standing.stamp.source is Source.QUESTION


def _may_be_held(at: Situation, standing: Standing) -> bool:
    """Hands off admins, the banned (restricting would un-ban), and whoever an admin has muted already."""
    if standing.is_admin or standing.status is Status.KICKED:
        return False
    if standing.status is Status.RESTRICTED and standing.restriction.silences(at.now):
        return False
    return standing.present or at.spoke


def _ended_elsewhere(at: Situation, standing: Standing, hold: Hold) -> EndReason:
    """Why a hold that the standing does not show is over although GMBot did not lift it."""
    if standing.status is Status.KICKED:
        return EndReason.BANNED
    if standing.is_admin:
        return EndReason.PROMOTED
    if hold.state is HoldState.OWED:
        return EndReason.NEVER_PLACED
    if standing.status is Status.LEFT:
        return EndReason.LEFT
    if _freed_by_hand(at, standing):
        return EndReason.PARDONED
    return EndReason.TAKEN_OVER if standing.status is Status.RESTRICTED else EndReason.LAPSED


def _freed_by_hand(at: Situation, standing: Standing) -> bool:
    """Whether an admin gave the person their voice, or part of it; joining is no pardon of oneself."""
    by_admin = standing.by not in {None, at.bot_id, at.user_id}
    return by_admin and not standing.restriction.silences(at.now)


def _precedes_end(standing: Standing, ended: Hold) -> bool:
    """Whether a standing is from before a hold's end; an event of the same second may be from after it."""
    return standing.stamp <= Stamp(int(ended.ended_at), Source.QUESTION)


def _found_again(at: Situation, standing: Standing) -> Hold:
    """Return the record of a hold that Telegram has: the ended one brought back, or else a new one."""
    before, until = at.hold, standing.restriction.until
    if before is not None and before.until == until:
        return before.revived(standing.stamp.at)
    return Hold(
        group_id=at.group_id,
        user_id=at.user_id,
        at=standing.stamp.at,
        until=until,
        prompted_at=before.prompted_at if before else 0,
        revision=before.revision + 1 if before else 0,
    )


def _new_hold(verdict: Verdict, at: Situation, standing: Standing) -> Hold:
    before = at.hold
    return Hold(
        group_id=at.group_id,
        user_id=at.user_id,
        at=at.now,
        until=hold_end(at.group_id, at.user_id, at.now),
        missing=verdict.missing,
        prior=_prior(standing),
        prompted_at=before.prompted_at if before else 0,
        revision=before.revision + 1 if before else 0,
    )


def _as_before(standing: Standing, hold: Hold) -> bool:
    """Whether the person is as if the hold had never been placed."""
    if standing.status is Status.RESTRICTED:
        return standing.restriction == hold.prior
    return standing.status is Status.MEMBER


def _prior(standing: Standing) -> Restriction:
    return standing.restriction if standing.status is Status.RESTRICTED else FREE


def _give_back(prior: Restriction, now: float) -> Restriction:
    nearly_over = 0 < prior.until <= now + TELEGRAM_SHORTEST_S
    return FREE if nearly_over else prior


_RELEASES = {
    Reason.NOT_GUARDED: EndReason.UNPROTECTED,
    Reason.CHANNEL_UNUSABLE: EndReason.CHANNEL_UNUSABLE,
    Reason.ADMIN: EndReason.PROMOTED,
    Reason.PARDONED: EndReason.PARDONED,
    Reason.QUALIFIED: EndReason.QUALIFIED,
}
