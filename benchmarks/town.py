"""Whom GMBot knows before it is measured: groups, their channels, and the people who write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from benchmarks.lean.updates import BOT_ID
from gmbot.adapters.sql import rows
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import LearntMembership, LearntStanding
from gmbot.gate.sweeps import Sweep, SweepKind

BOT: Final = BotId(BOT_ID)
LEARNT_BEFORE_S: Final = 3_600
FIRST_PERSON: Final = 5_000_000_000

Tables = Mapping[str, Callable[[], Iterator[dict[str, Any]]]]
"""Rows by table, in an order that foreign keys allow."""


class Town(msgspec.Struct, frozen=True):
    """So many groups, channels and people; each person writes in one group and is in its channel.

    Whoever is numbered from `people` on is a stranger.
    """

    groups: int = 100
    channels: int = 30
    people: int = 5_000
    learnt_at: int = msgspec.field(default_factory=lambda: int(time.time()) - LEARNT_BEFORE_S)
    """Fresh enough that no sweep asks again: its questions come at their own pace, whatever the load."""

    def home(self, number: int) -> int:
        """Return the number of the group in which a person writes."""
        return number % self.groups

    def group(self, number: int) -> GroupId:
        """Return the id of a person's group."""
        return self.group_id(self.home(number))

    def channel(self, number: int) -> ChannelId:
        """Return the id of the channel that a person's group requires."""
        return self.channel_id(self.home(number))

    def group_id(self, home: int) -> GroupId:
        """Return a group's id."""
        return GroupId(-1_001_000_000_000 - home)

    def channel_id(self, home: int) -> ChannelId:
        """Return the id of the channel that a group requires."""
        return ChannelId(-1_002_000_000_000 - home % self.channels)

    def person(self, number: int) -> UserId:
        """Return a person's id; they write in the group of the same number."""
        return UserId(FIRST_PERSON + number)

    def number_of(self, person: int) -> int:
        """Return a person's number."""
        return person - FIRST_PERSON

    def subscribed(self, person: int, channel: int) -> bool:
        """Whether somebody is in a channel from the beginning."""
        number = self.number_of(person)
        return 0 <= number < self.people and self.channel(number) == channel

    @property
    def channel_ids(self) -> set[int]:
        """Every channel."""
        return {int(self.channel_id(home)) for home in range(min(self.channels, self.groups))}

    def guarded(self, home: int) -> Group:
        """Return a protected group."""
        rule = Rule((self.channel_id(home),))
        return Group(self.group_id(home), UserId(5), f"Group {home}", rule, protected_at=self.learnt_at)

    def membership(self, number: int) -> LearntMembership:
        """Return that a person is in their group's channel."""
        fact = Membership(Stamp(self.learnt_at, Source.EVENT, number + 1), MembershipState.IN)
        return LearntMembership(self.person(number), self.channel(number), fact)

    def standing(self, number: int) -> LearntStanding:
        """Return that a person is in their group."""
        seen = Standing(Status.MEMBER, Stamp(self.learnt_at, Source.EVENT, number + 1))
        return LearntStanding(self.group(number), self.person(number), seen)

    def required(self) -> list[Channel]:
        """Return every channel that some group requires."""
        names = enumerate(sorted(self.channel_ids))
        return [Channel(ChannelId(c), f"Channel {n}", f"chat_{-c}") for n, c in names]

    def tables(self) -> Tables:
        """Return what GMBot's tables hold of it."""
        owner = {"bot_id": BOT, "owner_id": 5, "first_seen_at": self.learnt_at}
        groups, people = range(self.groups), range(self.people)
        return {
            "owners": lambda: iter([owner]),
            "groups": lambda: (rows.group_values(BOT, self.guarded(n)) for n in groups),
            "channels": lambda: (rows.channel_values(BOT, channel) for channel in self.required()),
            "links": lambda: (link for n in groups for link in rows.link_values(BOT, self.guarded(n))),
            "sweeps": lambda: (self._swept(n) for n in groups),
            "memberships": lambda: (rows.membership_values(BOT, self.membership(n)) for n in people),
            "standings": lambda: (rows.standing_values(BOT, self.standing(n)) for n in people),
        }

    def _swept(self, home: int) -> dict[str, Any]:
        """A round that has just ended."""
        at = self.learnt_at + LEARNT_BEFORE_S
        sweep = Sweep(self.group_id(home), SweepKind.ROUND, at).finished(at)
        body = msgspec.json.encode(sweep).decode()
        return {"bot_id": BOT, "group_id": sweep.group_id, "kind": sweep.kind.value, "body": body}
