"""Facts kept at hand, so that the common case asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, merge
from gmbot.domain.standing import Standing, newer
from gmbot.gate.changes import Changes
from gmbot.gate.ports import KnownMemberships

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """A bounded map that forgets, roughly, what was not used for longest.

    Two dictionaries take turns: what is used moves to the young one, and when that holds half of
    `capacity` it becomes the old one and the old one's entries go. A hit costs one lookup, where an
    exact order of use would cost a write.
    """

    __slots__ = ("_half", "evicted", "old", "young")

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self.young: dict[K, V] = {}
        self.old: dict[K, V] = {}
        self.evicted = 0

    def __len__(self) -> int:
        return len(self.young) + len(self.old)

    def get(self, key: K) -> V | None:
        """Return what is kept under `key`, which counts as use."""
        value = self.young.get(key)
        return value if value is not None else self._promote(key)

    def put(self, key: K, value: V) -> None:
        """Keep `value`, and make room for it."""
        self.old.pop(key, None)
        self.young[key] = value
        if len(self.young) > self._half:
            self.evicted += len(self.old)
            self.old, self.young = self.young, {}

    def _promote(self, key: K) -> V | None:
        value = self.old.get(key)
        if value is not None:
            self.put(key, value)
        return value


class FactMemory:
    """Process memory of at most `capacity` memberships and as many standings."""

    __slots__ = ("_memberships", "_standings")

    def __init__(self, *, capacity: int = 100_000) -> None:
        self._memberships: Generations[tuple[UserId, ChannelId], Membership] = Generations(capacity)
        self._standings: Generations[tuple[GroupId, UserId], Standing] = Generations(capacity)

    def __len__(self) -> int:
        return len(self._memberships) + len(self._standings)

    @property
    def evicted(self) -> int:
        """How many facts were forgotten to make room."""
        return self._memberships.evicted + self._standings.evicted

    def memberships(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels."""
        # The common case's own loop: a call per channel would double the cost of a hit.
        young, found = self._memberships.young, {}
        for channel in channels:
            fact = young.get((user_id, channel)) or self._memberships.get((user_id, channel))
            if fact is not None:
                found[channel] = fact
        return found

    def standing(self, group_id: GroupId, user_id: UserId) -> Standing | None:
        """Return what one person was last known to be in a group."""
        return self._standings.get((group_id, user_id))

    def learn(self, changes: Changes) -> None:
        """Merge the facts of stored changes; what is UNKNOWN is not worth remembering."""
        for learnt in changes.memberships:
            self._learn_membership((learnt.user_id, learnt.channel_id), learnt.membership)
        for seen in changes.standings:
            key = (seen.group_id, seen.user_id)
            known = self._standings.get(key)
            self._standings.put(key, seen.standing if known is None else newer(known, seen.standing))

    def _learn_membership(self, key: tuple[UserId, ChannelId], fact: Membership) -> None:
        known = self._memberships.get(key)
        if known is not None:
            fact = merge(known, fact)
        if fact.known:
            self._memberships.put(key, fact)
