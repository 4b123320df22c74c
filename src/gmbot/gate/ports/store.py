"""The truth, and what it tells of a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import UNKNOWN, Membership, merge
from gmbot.domain.standing import Standing
from gmbot.gate.ages import Page, Pruned
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, SetAside
from gmbot.gate.intents import Owed
from gmbot.gate.sweeps import Sweep

KnownMemberships = dict[ChannelId, Membership]


class PersonRecord(msgspec.Struct, frozen=True):
    """All that is stored of one person in one group, and in the channels asked about.

    `lapsed`: where the person was subscribed when last heard of, which is too long ago to be believed.
    """

    hold: Hold | None = None
    standing: Standing | None = None
    memberships: KnownMemberships = {}
    lapsed: tuple[ChannelId, ...] = ()

    def learning(self, answers: Iterable[LearntMembership]) -> PersonRecord:
        """Return the record after Telegram's answers about the same person; an older one changes nothing."""
        facts = dict(self.memberships)
        for answer in answers:
            facts[answer.channel_id] = merge(facts.get(answer.channel_id, UNKNOWN), answer.membership)
        return msgspec.structs.replace(self, memberships=facts)


class KnownPerson(msgspec.Struct, frozen=True):
    """Somebody of whom something is stored, and what."""

    user_id: UserId
    record: PersonRecord


class Store(Protocol):
    """The truth of one bot. Raises Unavailable when it cannot be read or written."""

    async def apply(self, changes: Changes) -> bool:
        """Write everything in one transaction, or nothing and return False if the update was applied."""
        ...

    async def groups(self) -> Sequence[Group]:
        """Return every guarded group."""
        ...

    async def channels(self) -> Sequence[Channel]:
        """Return every channel that a guarded group requires."""
        ...

    async def revision(self) -> int:
        """Return how often changes `of_groups` were stored: who knows of fewer has missed some."""
        ...

    async def memberships(self, pairs: Sequence[tuple[UserId, ChannelId]]) -> Sequence[LearntMembership]:
        """Return what is known of people, each in the channel named with them; the unknown is absent."""
        ...

    async def standing(self, group_id: GroupId, user_id: UserId) -> Standing | None:
        """Return what one person was last known to be in a group."""
        ...

    async def hold(self, group_id: GroupId, user_id: UserId) -> Hold | None:
        """Return a person's hold in a group: the active one, or the last that ended."""
        ...

    async def person(self, group_id: GroupId, user_id: UserId, channels: Sequence[ChannelId]) -> PersonRecord:
        """Return `hold`, `standing` and `memberships` in one visit, as of one moment if possible."""
        ...

    async def holds_in(self, group_id: GroupId, after: UserId, limit: int) -> Sequence[Hold]:
        """Return a group's active holds by user id, from the first greater than `after`."""
        ...

    async def told(self, group_id: GroupId, since: float = 0.0) -> Sequence[Hold]:
        """Return the holds, active or ended, by user id, that some of a group's prompts name (`prompt_id`).

        Of the prompts that concern nobody any more, as all whom they name are free or away, and of those to
        which somebody was added (`prompted_at`) since a Unix second.
        """
        ...

    async def untold(self, group_id: GroupId, before: float, limit: int) -> Sequence[Hold]:
        """Return PLACED holds, not `away`, without `prompt_id`, `prompted_at` <= `before`, oldest first."""
        ...

    async def holds_of(self, user_id: UserId) -> Sequence[Hold]:
        """Return a person's active holds in all groups."""
        ...

    async def count_holds(self) -> int:
        """Return how many holds are active."""
        ...

    async def claim(self, now: float, lease_s: float, limit: int) -> Sequence[Owed]:
        """Take what is due, most urgent and oldest first, and keep it from others for `lease_s` seconds."""
        ...

    async def bring_forward(self, now: float, furthest_s: float, delay_s: float) -> None:
        """Have what a clock put off that has since been put back be due in `delay_s`.

        That is what failed before and is due more than `furthest_s` from now. What is owed since a moment
        that is further ahead than that is owed since now, and waits as long as it was meant to.
        """
        ...

    async def next_due(self) -> float | None:
        """Return when the next intent is due, in Unix seconds."""
        ...

    async def known(
        self, group_id: GroupId, channels: Sequence[ChannelId], after: UserId, limit: int
    ) -> Sequence[KnownPerson]:
        """Return whoever has a standing or an active hold in a group, or a membership of these channels.

        By user id, from the first greater than `after`, each with all that is stored of them there.
        """
        ...

    async def sweeps(self) -> Sequence[Sweep]:
        """Return the last sweep of each kind in every group, by group and kind."""
        ...

    async def audit(self, group_id: GroupId, limit: int) -> Sequence[AuditEntry]:
        """Return the last entries about a group, newest first."""
        ...

    async def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return the last updates that could not be handled, newest first."""
        ...

    async def prune(self, page: Page) -> Pruned:
        """Remove what nobody needs from one page of a table."""
        ...

    async def ping(self) -> None:
        """Return if the store answers."""
        ...
