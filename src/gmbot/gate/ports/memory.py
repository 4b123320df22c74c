"""What is remembered nearer than the truth: in this process, and between processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.news import News
from gmbot.gate.ports.store import KnownMemberships


class MemorySize(msgspec.Struct, frozen=True):
    """How much process memory keeps, and how many facts it forgot to make room since the start."""

    entries: int
    bytes: int
    evicted: int


class Reading:
    """A visit to a farther memory; `disturbed` once what it brings may be out of date."""

    __slots__ = ("disturbed",)

    def __init__(self) -> None:
        self.disturbed = False


class Memory(Protocol):
    """Bounded process memory of facts; it may forget anything at any time."""

    @property
    def size(self) -> MemorySize:
        """How much is kept."""
        ...

    def memberships(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels."""
        ...

    def subscriptions(self, user_id: UserId, channels: Sequence[ChannelId]) -> int:
        """Return of how many of these channels one person is remembered as a subscriber."""
        ...

    def is_admin(self, group_id: GroupId, user_id: UserId) -> bool | None:
        """Return whether one person was last known to be an admin of a group; None if nothing is known."""
        ...

    def learn(self, changes: Changes) -> None:
        """Merge the facts of stored changes."""
        ...

    def reading(self, user_id: UserId) -> AbstractContextManager[Reading]:
        """Watch over a visit to a farther memory: whatever is forgotten of that person disturbs it."""
        ...

    def forget_membership(self, user_id: UserId, channel_id: ChannelId) -> None:
        """Forget what is remembered of one person in one channel."""
        ...

    def forget_memberships(self) -> None:
        """Forget every membership."""
        ...

    def forget_standing(self, group_id: GroupId, user_id: UserId) -> None:
        """Forget what one person is in a group."""
        ...

    def forget_all(self) -> None:
        """Forget everything."""
        ...


class SharedMemory(Protocol):
    """Memory that all processes of one bot share. It may be slow, empty or gone; it never raises.

    It keeps copies of what the store has, and tells every process what the others changed.
    """

    @property
    def trusted(self) -> bool:
        """Whether process memory may be believed: what others store would be heard of at once."""
        ...

    @property
    def era(self) -> str:
        """What to give to `offer` with something that was read from the store from now on."""
        ...

    def listen(self, hear: Callable[[News], None]) -> None:
        """Have `hear` called with what may have changed elsewhere."""
        ...

    async def recall(self, user_id: UserId, channels: Sequence[ChannelId]) -> KnownMemberships:
        """Return what is remembered of one person in these channels, in one visit."""
        ...

    def offer(self, facts: Sequence[LearntMembership], era: str) -> None:
        """Keep copies of what was read from the store, unless newer facts or another era came meanwhile."""
        ...

    async def learn(self, changes: Changes) -> None:
        """Take in what was just stored, and return once every process that hears us has been told.

        A membership that is UNKNOWN means: something was stored, look there.
        """
        ...
