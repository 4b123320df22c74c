"""decide(): may this person speak in this group?"""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from gmbot.domain.ids import ChannelId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing

FRESH_OUT_S = 60
"""An OUT older than this is doubted before anybody is held for it: somebody may have joined unseen."""


class Judgement(enum.StrEnum):
    """The three things that GMBot can think of a person in a group."""

    ALLOWED = "allowed"
    HELD = "held"
    UNDECIDED = "undecided"


class Reason(enum.StrEnum):
    """Why."""

    QUALIFIED = "qualified"
    NOT_GUARDED = "not_guarded"
    ADMIN = "admin"
    PARDONED = "pardoned"
    CHANNEL_UNUSABLE = "channel_unusable"
    NOT_SUBSCRIBED = "not_subscribed"
    UNKNOWN_MEMBERSHIP = "unknown_membership"


class Verdict(msgspec.Struct, frozen=True):
    """What is thought, why, and what it rests on.

    `missing`: the channels that the person is known to be out of. `ask`: the channels whose
    membership must be learnt (again) before anything may be thought.
    """

    judgement: Judgement
    reason: Reason
    missing: tuple[ChannelId, ...] = ()
    ask: tuple[ChannelId, ...] = ()


class Evidence(msgspec.Struct, frozen=True):
    """All that a verdict rests on; `now` is a Unix second on Telegram's clock."""

    rule: Rule
    memberships: Mapping[ChannelId, Membership]
    unusable: frozenset[ChannelId] = frozenset()
    standing: Standing | None = None
    pardoned: bool = False
    now: float = 0


def decide(evidence: Evidence) -> Verdict:
    """Return what to think of a person; pure and total.

    HELD needs enough fresh OUTs that no doubt, however it is resolved, could make the person qualify.
    A channel that the bot cannot see counts as satisfied: it is our trouble, not theirs.
    """
    if exempt := _exemption(evidence):
        return Verdict(Judgement.ALLOWED, exempt)
    return _weigh(evidence)


def _exemption(evidence: Evidence) -> Reason | None:
    if not evidence.rule.channels:
        return Reason.NOT_GUARDED
    if evidence.standing is not None and evidence.standing.is_admin:
        return Reason.ADMIN
    return Reason.PARDONED if evidence.pardoned else None


def _weigh(evidence: Evidence) -> Verdict:
    rule = evidence.rule
    usable = [c for c in rule.channels if c not in evidence.unusable]
    needed = rule.needed - (len(rule.channels) - len(usable))
    if needed <= 0:
        return Verdict(Judgement.ALLOWED, Reason.CHANNEL_UNUSABLE)
    facts = {c: evidence.memberships.get(c, UNKNOWN) for c in usable}
    if sum(fact.state is MembershipState.IN for fact in facts.values()) >= needed:
        return Verdict(Judgement.ALLOWED, Reason.QUALIFIED)
    out = tuple(c for c, fact in facts.items() if fact.state is MembershipState.OUT)
    doubtful = tuple(c for c, fact in facts.items() if _doubtful(fact, evidence.now))
    if len(facts) - len(out) + len(set(doubtful) & set(out)) >= needed:
        return Verdict(Judgement.UNDECIDED, Reason.UNKNOWN_MEMBERSHIP, out, doubtful)
    return Verdict(Judgement.HELD, Reason.NOT_SUBSCRIBED, out)


def _doubtful(fact: Membership, now: float) -> bool:
    if fact.state is MembershipState.IN:
        return False
    # News from the future means that our idea of the time is wrong: no reason to trust it more.
    return not fact.known or abs(now - fact.stamp.at) > FRESH_OUT_S
