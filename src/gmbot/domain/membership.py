"""Membership of a channel as a versioned fact, and how two facts merge."""

from __future__ import annotations

import enum

import msgspec


class Source(enum.IntEnum):
    """How a fact was learnt; at equal times the greater one is believed."""

    NONE = 0
    QUESTION = 1
    EVENT = 2


class Stamp(msgspec.Struct, frozen=True, order=True):
    """The version of a fact: later ones overwrite earlier ones, never the reverse.

    `at` is a Unix second **on Telegram's clock** (an update's `date`, an answer's `Date` header), so
    that a wrong clock of ours cannot make old news look new. An answer carries the second in which
    its question was asked: an event of the same second may have come after it, and wins.
    `sequence` is the update's id, which orders events of one second.
    """

    at: int = 0
    source: Source = Source.NONE
    sequence: int = 0


class MembershipState(enum.IntEnum):
    """Whether a person is subscribed to a channel."""

    UNKNOWN = 0
    OUT = 1
    IN = 2


class Membership(msgspec.Struct, frozen=True, order=True):
    """What is known of one person in one channel."""

    stamp: Stamp = Stamp()
    state: MembershipState = MembershipState.UNKNOWN

    @property
    def known(self) -> bool:
        """Whether this is knowledge at all."""
        return self.state is not MembershipState.UNKNOWN


UNKNOWN = Membership()


def merge(one: Membership, other: Membership) -> Membership:
    """Return the better of two facts about the same pair.

    The newer fact wins; UNKNOWN never replaces knowledge, however new it is. Commutative,
    associative and idempotent, so duplicates and reordering change nothing.
    """
    return max(one, other, key=lambda fact: (fact.known, fact))
