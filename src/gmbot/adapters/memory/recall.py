"""Facts kept at hand, so that the common case asks nobody."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gmbot.adapters.memory.generations import Generations
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.packing import pack_membership, pack_standing, packs_admin, packs_in, unpack_membership
from gmbot.gate.changes import Changes
from gmbot.gate.ports import KnownMemberships, MemorySize, Reading

CAPACITY = 200_000
MOST_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 40 + 40 + 150
"""A key, a value (numbers of 90 to 120 bits), and their share of a dictionary at its emptiest."""

_PLACE_BITS = 54
"""More than Telegram's ids have (52 significant bits, and a sign)."""


def _pair(user_id: UserId, place: int) -> int:
    return (user_id << _PLACE_BITS) + place


class FactMemory:
    """Process memory of at most `capacity` memberships and standings, and of at most `most_bytes` bytes.

    Each half of it is for one kind. A fact is one number under one number: a quarter of what the
    structs would take, and nothing for the garbage collector to visit.
    """

    __slots__ = ("_memberships", "_readers", "_standings")

    def __init__(self, *, capacity: int = CAPACITY, most_bytes: int = MOST_BYTES) -> None:
        room = max(2, min(capacity, most_bytes // ENTRY_BYTES)) // 2
        self._memberships = Generations(room)
        self._standings = Generations(room)
        self._readers: dict[UserId, list[Reading]] = {}

    def __len__(self) -> int:
        return len(self._memberships) + len(self._standings)

    @property
    def size(self) -> MemorySize:
        """What is kept, what it weighs, and what was forgotten to make room."""
        kinds = (self._memberships, self._standings)
        entries = sum(map(len, kinds))
        numbers = 2 * entries * sys.getsizeof(1 << 110)
        return MemorySize(entries, numbers + sum(k.table_bytes for k in kinds), sum(k.evicted for k in kinds))

    def memberships(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels."""
        # The common case's own loop: a call per channel would double the cost of a hit.
        young, found, base = self._memberships.young, {}, user_id << _PLACE_BITS
        for channel in channels:
            fact = young.get(base + channel) or self._memberships.get(base + channel)
            if fact is not None:
                found[channel] = unpack_membership(fact)
        return found

    def subscriptions(self, user_id: UserId, channels: Sequence[ChannelId]) -> int:
        """Return of how many of these channels one person is remembered as a subscriber."""
        young, found, base = self._memberships.young, 0, user_id << _PLACE_BITS
        for channel in channels:
            fact = young.get(base + channel) or self._memberships.get(base + channel)
            if fact is not None and packs_in(fact):
                found += 1
        return found

    def is_admin(self, group_id: GroupId, user_id: UserId) -> bool | None:
        """Return whether one person was last known to be an admin of a group; None if nothing is known."""
        fact = self._standings.get(_pair(user_id, group_id))
        return None if fact is None else packs_admin(fact)

    def learn(self, changes: Changes) -> None:
        """Merge the facts of stored changes; what is UNKNOWN is not worth remembering."""
        for learnt in changes.memberships:
            if learnt.membership.state is not MembershipState.UNKNOWN:
                fact = pack_membership(learnt.membership)
                self._memberships.raise_to(_pair(learnt.user_id, learnt.channel_id), fact)
        for seen in changes.standings:
            self._standings.raise_to(_pair(seen.user_id, seen.group_id), pack_standing(seen.standing))

    @contextmanager
    def reading(self, user_id: UserId) -> Iterator[Reading]:
        """Watch over a visit to a farther memory: what it brings may be out of date when it comes."""
        reading = Reading()
        self._readers.setdefault(user_id, []).append(reading)
        try:
            yield reading
        finally:
            readers = self._readers[user_id]
            readers.remove(reading)
            if not readers:
                del self._readers[user_id]

    def forget_membership(self, user_id: UserId, channel_id: ChannelId) -> None:
        """Forget one fact, and whatever is being read about that person."""
        self._memberships.drop(_pair(user_id, channel_id))
        self._disturb(user_id)

    def forget_memberships(self) -> None:
        """Forget every membership, and whatever is being read."""
        self._memberships.clear()
        for user_id in self._readers:
            self._disturb(user_id)

    def forget_standing(self, group_id: GroupId, user_id: UserId) -> None:
        """Forget one fact, and whatever is being read about that person."""
        self._standings.drop(_pair(user_id, group_id))
        self._disturb(user_id)

    def forget_all(self) -> None:
        """Forget everything, and whatever is being read."""
        self._standings.clear()
        self.forget_memberships()

    def _disturb(self, user_id: UserId) -> None:
        for reading in self._readers.get(user_id, ()):
            reading.disturbed = True
