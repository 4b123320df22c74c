"""What later news tell of a hold: was it right when it was placed?"""

from __future__ import annotations

from collections.abc import Mapping

from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId
from gmbot.domain.membership import UNKNOWN, Membership, MembershipState
from gmbot.domain.rule import Rule
from gmbot.domain.verdict import Evidence, Judgement, decide


def was_wrongful(rule: Rule, hold: Hold, memberships: Mapping[ChannelId, Membership]) -> bool:
    """Whether somebody qualified before they were held, as is known by now.

    Only a fact from a second before the hold's is proof: whoever is IN since then may have joined because
    of the hold. A later question hides an earlier fact, so that not every wrongful hold is found.
    """
    before = {c: fact for c, fact in memberships.items() if _preceded(fact, hold)}
    mistaken = any(before.get(c, UNKNOWN).state is MembershipState.IN for c in hold.missing)
    return mistaken and decide(Evidence(rule, before)).judgement is Judgement.ALLOWED


def _preceded(fact: Membership, hold: Hold) -> bool:
    return fact.known and fact.stamp.at < int(hold.at)
