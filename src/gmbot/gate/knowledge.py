"""What is known of people: from process memory, else from the store; never by asking Telegram."""

from __future__ import annotations

from gmbot.domain.group import Group
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.rule import Rule
from gmbot.domain.verdict import Evidence, Verdict, decide
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.guarded import Guarded
from gmbot.gate.ports import Memory, PersonRecord, Store

UNGUARDED = Rule()


class Knowledge:
    """Facts about people in guarded groups, nearest memory first."""

    def __init__(self, memory: Memory, store: Store, guarded: Guarded) -> None:
        self._memory = memory
        self._store = store
        self._guarded = guarded

    def recall(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what process memory alone thinks of somebody; no database, no call, no await."""
        memberships = self._memory.memberships(user_id, group.rule.channels)
        standing = self._memory.standing(group.group_id, user_id)
        return decide(Evidence(group.rule, memberships, self._guarded.unusable, standing, now=now))

    def remembers_in(self, user_id: UserId, channel_id: ChannelId) -> bool:
        """Whether process memory has somebody as subscribed to a channel."""
        fact = self._memory.memberships(user_id, (channel_id,)).get(channel_id)
        return fact is not None and fact.state is MembershipState.IN

    async def look_up(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what is known of somebody anywhere, and remember it."""
        record = await self.record(group.group_id, user_id, group.rule.channels)
        return decide(self.evidence(group, record, now))

    async def record(
        self, group_id: GroupId, user_id: UserId, channels: tuple[ChannelId, ...]
    ) -> PersonRecord:
        """Return what is stored of somebody, and remember it."""
        record = await self._store.person(group_id, user_id, channels)
        standings = (LearntStanding(group_id, user_id, record.standing),) if record.standing else ()
        facts = tuple(LearntMembership(user_id, c, fact) for c, fact in record.memberships.items())
        self._memory.learn(Changes(memberships=facts, standings=standings))
        return record

    def evidence(self, group: Group | None, record: PersonRecord, now: float) -> Evidence:
        """Return all that a verdict rests on; a group that is not guarded has no rule."""
        return Evidence(
            rule=UNGUARDED if group is None else group.rule,
            memberships=record.memberships,
            unusable=self._guarded.unusable,
            standing=record.standing,
            pardoned=record.hold is not None and record.hold.pardoned,
            now=now,
        )
