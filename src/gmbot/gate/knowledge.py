"""What is known of people: from process memory, else from the store; never by asking Telegram."""

from __future__ import annotations

from gmbot.domain.group import Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import UserId
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing
from gmbot.domain.verdict import Evidence, Verdict, decide
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.guarded import Guarded
from gmbot.gate.ports import KnownMemberships, Memory, Store

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

    async def look_up(self, group: Group, user_id: UserId, now: float) -> Verdict:
        """Return what is known of somebody anywhere, and remember it."""
        hold = await self._store.hold(group.group_id, user_id)
        return decide(await self.truth(group, user_id, hold, now))

    async def truth(self, group: Group | None, user_id: UserId, hold: Hold | None, now: float) -> Evidence:
        """Return all that a verdict about somebody rests on, as stored, and remember it.

        A group that is not guarded has no rule.
        """
        if group is None:
            return Evidence(UNGUARDED, {}, now=now)
        memberships = await self._store.memberships(user_id, group.rule.channels)
        standing = await self._store.standing(group.group_id, user_id)
        self._remember(group, user_id, memberships, standing)
        return Evidence(
            rule=group.rule,
            memberships=memberships,
            unusable=self._guarded.unusable,
            standing=standing,
            pardoned=hold is not None and hold.pardoned,
            now=now,
        )

    def _remember(
        self, group: Group, user_id: UserId, memberships: KnownMemberships, standing: Standing | None
    ) -> None:
        facts = tuple(LearntMembership(user_id, channel, fact) for channel, fact in memberships.items())
        standings = (LearntStanding(group.group_id, user_id, standing),) if standing else ()
        self._memory.learn(Changes(memberships=facts, standings=standings))
