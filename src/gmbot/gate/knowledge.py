"""What is known of people: process memory, memory shared with other processes, the store; never Telegram."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from gmbot.domain.group import Group
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.domain.verdict import Evidence, Verdict, decide
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.guarded import Guarded
from gmbot.gate.ports import KnownMemberships, Memory, PersonRecord, SharedMemory, Store

_IN = MembershipState.IN
UNGUARDED = Rule()
AN_ADMIN = Standing(Status.ADMINISTRATOR)
"""Memory keeps no more of a standing than whether it exempts."""


class Knowledge:
    """Facts about people in guarded groups, nearest memory first."""

    def __init__(self, memory: Memory, shared: SharedMemory, store: Store, guarded: Guarded) -> None:
        self._memory = memory
        self._shared = shared
        self._store = store
        self._guarded = guarded

    def recall(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what process memory alone thinks of somebody; no database, no call, no await."""
        return self._weigh(group, user_id, self._remembered(user_id, group.rule.channels), now)

    def lets_pass(self, group: Group, user_id: UserId) -> bool:
        """Whether process memory alone has somebody as allowed: what `recall` says, sooner."""
        price = self._guarded.price(group)
        if price.needed <= 0:
            return True
        # What nobody would tell us the end of is not believed: the store decides.
        if not self._shared.trusted:
            return False
        memory = self._memory
        return memory.subscriptions(user_id, price.channels) >= price.needed or bool(
            memory.is_admin(group.group_id, user_id)
        )

    @property
    def believes_memory(self) -> bool:
        """Whether process memory counts at all: not while others may store what it does not hear of."""
        return self._shared.trusted

    def remembers_in(self, user_id: UserId, channel_id: ChannelId) -> bool:
        """Whether process memory has somebody as subscribed to a channel."""
        fact = self._remembered(user_id, (channel_id,)).get(channel_id)
        return fact is not None and fact.state is MembershipState.IN

    async def recall_shared(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what memory, this process's and the shared one, thinks of somebody; no database, no call."""
        channels = group.rule.channels
        facts = self._remembered(user_id, channels)
        if missing := [c for c in channels if c not in facts]:
            with self._memory.reading(user_id) as reading:
                shared = await self._shared.recall(user_id, missing)
            if shared and not reading.disturbed:
                heard = self._heard(shared)
                self._memory.learn(Changes(memberships=_learnt(user_id, heard)))
                facts |= heard
        return self._weigh(group, user_id, facts, now)

    async def look_up(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what is known of somebody anywhere, and have every memory keep it."""
        era = self._shared.era
        with self._memory.reading(user_id) as reading:
            record = await self.record(group.group_id, user_id, group.rule.channels)
        if not reading.disturbed:
            self._shared.offer(_learnt(user_id, record.memberships), era)
        return decide(self.evidence(group, record, now))

    async def foresee(self, pairs: Sequence[tuple[UserId, ChannelId]]) -> None:
        """Have memory know what is stored of people, each in the channel named with them: one visit for all.

        Process memory alone: whoever else needs it finds it where it was found here, as cheaply.
        Raises Unavailable when the store cannot be read.
        """
        with ExitStack() as stack:
            readings = {user: stack.enter_context(self._memory.reading(user)) for user, _ in pairs}
            found = await self._store.memberships(pairs)
        # Of whoever is disturbed there is newer news; a channel that was not heard then may have had some.
        believed = tuple(
            one
            for one in found
            if not readings[one.user_id].disturbed
            and self._guarded.heard(one.channel_id, one.membership.stamp.at)
        )
        self._memory.learn(Changes(memberships=believed))

    async def record(
        self, group_id: GroupId, user_id: UserId, channels: tuple[ChannelId, ...]
    ) -> PersonRecord:
        """Return what is stored of somebody, and remember it."""
        with self._memory.reading(user_id) as reading:
            record = await self._store.person(group_id, user_id, channels)
        record = self.heard(record)
        if not reading.disturbed:
            standings = self._worth_remembering(group_id, user_id, record.standing)
            self._memory.learn(Changes(memberships=_learnt(user_id, record.memberships), standings=standings))
        return record

    def _worth_remembering(
        self, group_id: GroupId, user_id: UserId, standing: Standing | None
    ) -> tuple[LearntStanding, ...]:
        """Return a standing that exempts, or that takes the place of one: others would fill memory."""
        if standing is None:
            return ()
        if not standing.is_admin and self._memory.is_admin(group_id, user_id) is None:
            return ()
        return (LearntStanding(group_id, user_id, standing),)

    def _weigh(self, group: Group, user_id: UserId, facts: KnownMemberships, now: float) -> Verdict:
        admin = self._shared.trusted and self._memory.is_admin(group.group_id, user_id)
        standing = AN_ADMIN if admin else None
        return decide(Evidence(group.rule, facts, self._guarded.unusable, standing, now=now))

    def _remembered(self, user_id: UserId, channels: tuple[ChannelId, ...]) -> KnownMemberships:
        """What nobody would tell us the end of is not believed: the store decides."""
        return self._memory.memberships(user_id, channels) if self._shared.trusted else {}

    def heard(self, record: PersonRecord) -> PersonRecord:
        """Return what is stored of somebody without what is from before its channel was heard."""
        facts = self._heard(record.memberships)
        if len(facts) == len(record.memberships):
            return record
        lapsed = (c for c, fact in record.memberships.items() if c not in facts and fact.state is _IN)
        return msgspec.structs.replace(record, memberships=facts, lapsed=tuple(lapsed))

    def _heard(self, facts: KnownMemberships) -> KnownMemberships:
        """Return facts without those from before their channel was heard."""
        return {c: fact for c, fact in facts.items() if self._guarded.heard(c, fact.stamp.at)}

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


def _learnt(user_id: UserId, facts: KnownMemberships) -> tuple[LearntMembership, ...]:
    return tuple(LearntMembership(user_id, channel, fact) for channel, fact in facts.items())
