"""Facts as whole numbers, so that memories can keep many: the better fact is the greater number."""

from __future__ import annotations

from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.standing import ADMINS, Standing, Status

SEQUENCE_BITS = 64
SOURCE_BITS = 2
AT_BITS = 36
STATE_BITS = 2
STATUS_BITS = 3
MEMBERSHIP_BITS = AT_BITS + SOURCE_BITS + SEQUENCE_BITS + STATE_BITS

_SEQUENCE_MASK = (1 << SEQUENCE_BITS) - 1
_SOURCE_MASK = (1 << SOURCE_BITS) - 1
_STATE_MASK = (1 << STATE_BITS) - 1
_STATUS_MASK = (1 << STATUS_BITS) - 1
_IN = int(MembershipState.IN)
_SOURCES = tuple(Source)
_STATES = tuple(MembershipState)
_STATUSES = tuple(sorted(Status))
_RANKS = {status: rank for rank, status in enumerate(_STATUSES)}
"""In the order in which `standing.newer` prefers them."""

_ADMIN_RANKS = frozenset(_RANKS[status] for status in ADMINS)


def _pack_stamp(stamp: Stamp) -> int:
    return ((stamp.at << SOURCE_BITS) | stamp.source) << SEQUENCE_BITS | stamp.sequence


def pack_membership(fact: Membership) -> int:
    """Return a fact as a number of MEMBERSHIP_BITS bits; among known facts `merge` keeps the greatest."""
    return _pack_stamp(fact.stamp) << STATE_BITS | fact.state


def packs_in(packed: int) -> bool:
    """Whether a packed membership is a subscriber's."""
    return packed & _STATE_MASK == _IN


def unpack_membership(packed: int) -> Membership:
    """Return the fact that was packed."""
    stamp = packed >> STATE_BITS
    told = stamp >> SEQUENCE_BITS
    return Membership(
        Stamp(told >> SOURCE_BITS, _SOURCES[told & _SOURCE_MASK], stamp & _SEQUENCE_MASK),
        _STATES[packed & _STATE_MASK],
    )


def pack_standing(fact: Standing) -> int:
    """Return a fact's version and status as a number; the greatest has the status that `newer` keeps."""
    return _pack_stamp(fact.stamp) << STATUS_BITS | _RANKS[fact.status]


def packs_admin(packed: int) -> bool:
    """Whether a packed standing is the owner's or an admin's."""
    return packed & _STATUS_MASK in _ADMIN_RANKS
