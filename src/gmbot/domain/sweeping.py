"""Which of the things that are believed of a person are worth asking about again."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import ChannelId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState
from gmbot.domain.verdict import FRESH_OUT_S, Evidence


class Terms(msgspec.Struct, frozen=True):
    """How much a sweep doubts: facts older than `max_age_s` seconds, and if `thorough`, everybody's OUT.

    Without `thorough`, people who were never seen in the group are asked about only to find out whether
    they are still subscribed; in any sweep, so are those who left it longer than `max_age_s` ago.
    """

    max_age_s: float
    thorough: bool = False


def to_ask(evidence: Evidence, terms: Terms, *, held: bool) -> tuple[ChannelId, ...]:
    """Return the channels to ask about, in the rule's order; nothing about whom no rule concerns now.

    Those are admins, people whom an admin freed by hand, and people who left the group of late and are not
    held. Who left long ago may be back unseen, or comment there without being in it.
    """
    standing = evidence.standing
    if evidence.pardoned or (standing is not None and standing.is_admin):
        return ()
    gone = standing is not None and not standing.present and not held
    if standing is not None and gone and evidence.now - standing.stamp.at <= terms.max_age_s:
        return ()
    here = not gone and (standing is not None or held or terms.thorough)
    usable = (c for c in evidence.rule.channels if c not in evidence.unusable)
    return tuple(c for c in usable if _doubted(c, evidence, terms, here=here, held=held))


def _doubted(channel: ChannelId, evidence: Evidence, terms: Terms, *, here: bool, held: bool) -> bool:
    fact: Membership = evidence.memberships.get(channel, UNKNOWN)
    age_s = evidence.now - fact.stamp.at
    if not fact.known:
        return here
    if fact.state is MembershipState.IN:
        return age_s > terms.max_age_s
    return here and age_s > (terms.max_age_s if held else FRESH_OUT_S)
