"""Which channels a group requires, and how many of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from gmbot.domain.ids import ChannelId


class Quorum(enum.StrEnum):
    """How many of a rule's channels a person must be subscribed to."""

    ALL = "all"
    ANY = "any"
    AT_LEAST = "at_least"


class Rule(msgspec.Struct, frozen=True):
    """The price of speaking: membership of all, any, or at least `count` of `channels`.

    `count` matters for `AT_LEAST` only. Raises ValueError for a repeated channel or a count outside 1…n.
    """

    channels: tuple[ChannelId, ...] = ()
    quorum: Quorum = Quorum.ALL
    count: int = 0

    def __post_init__(self) -> None:
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a rule names a channel once")
        if self.quorum is Quorum.AT_LEAST and not 1 <= self.count <= len(self.channels):
            raise ValueError("a rule's count lies between 1 and the number of its channels")

    @property
    def needed(self) -> int:
        """How many of the channels a person must be IN."""
        if self.quorum is Quorum.AT_LEAST:
            return self.count
        return len(self.channels) if self.quorum is Quorum.ALL else min(1, len(self.channels))

    def adding(self, channels: Iterable[ChannelId]) -> Rule:
        """Return the rule with more channels; those it has already stay once."""
        merged = tuple(dict.fromkeys((*self.channels, *channels)))
        return Rule(merged, self.quorum, self.count)

    def without(self, channel: ChannelId) -> Rule:
        """Return the rule with one channel fewer; a count never exceeds what is left."""
        left = tuple(c for c in self.channels if c != channel)
        if self.quorum is Quorum.AT_LEAST and self.count > len(left):
            return Rule(left, Quorum.ALL)
        return Rule(left, self.quorum, self.count)

    def replacing(self, old: ChannelId, new: ChannelId) -> Rule:
        """Return the rule after a required group moved to a new id."""
        moved = tuple(dict.fromkeys(new if c == old else c for c in self.channels))
        return Rule(moved, self.quorum, min(self.count, len(moved)))
