"""The store without a database: the same answers, gone when the process ends."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from operator import attrgetter

import msgspec

from gmbot.adapters.memory.ages import prune
from gmbot.adapters.memory.tenant import MemoryDatabase, Tenant
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold, HoldState
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import merge
from gmbot.domain.standing import Standing, newer
from gmbot.gate.ages import Page, Pruned
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, SetAside
from gmbot.gate.intents import Owed
from gmbot.gate.merging import owe
from gmbot.gate.ports import KnownPerson, PersonRecord
from gmbot.gate.sweeps import Sweep


class MemoryStore:
    """One bot's part of a MemoryDatabase, which several bots may share; it is never Unavailable."""

    def __init__(self, bot_id: BotId, database: MemoryDatabase | None = None) -> None:
        self._tenant = (database or MemoryDatabase()).tenant(bot_id)

    async def apply(self, changes: Changes) -> bool:
        """Write everything, or nothing and return False if the update was applied before.

        Groups move first: whatever else is in the same changes names the new id. Debts are paid
        and postponed before new ones are owed.
        """
        tenant = self._tenant
        if changes.update_id is not None and changes.update_id in tenant.applied:
            return False
        if changes.update_id is not None:
            tenant.applied[changes.update_id] = changes.at
        tenant.revision += changes.of_groups
        for moved in changes.moved:
            tenant.move(moved)
        _write_groups(tenant, changes)
        _write_facts(tenant, changes)
        _write_debts(tenant, changes)
        tenant.audit.extend(changes.audit)
        tenant.sweeps.update({sweep.key: sweep for sweep in changes.sweeps})
        tenant.drop_homeless_sweeps()
        tenant.set_aside.update({one.update_id: one for one in changes.set_aside})
        return True

    async def groups(self) -> Sequence[Group]:
        """Return every guarded group."""
        return sorted(self._tenant.groups.values(), key=attrgetter("group_id"))

    async def channels(self) -> Sequence[Channel]:
        """Return every channel that a guarded group requires."""
        return sorted(self._tenant.channels.values(), key=attrgetter("channel_id"))

    async def revision(self) -> int:
        """Return how often changes of groups were stored."""
        return self._tenant.revision

    async def memberships(self, pairs: Sequence[tuple[UserId, ChannelId]]) -> Sequence[LearntMembership]:
        """Return what is known of people, each in the channel named with them; the unknown is absent."""
        known = self._tenant.memberships
        return [LearntMembership(*pair, known[pair]) for pair in pairs if pair in known]

    async def standing(self, group_id: GroupId, user_id: UserId) -> Standing | None:
        """Return what one person was last known to be in a group."""
        return self._tenant.standings.get((group_id, user_id))

    async def hold(self, group_id: GroupId, user_id: UserId) -> Hold | None:
        """Return a person's hold in a group: the active one, or the last that ended."""
        return self._tenant.holds.get((group_id, user_id))

    async def person(self, group_id: GroupId, user_id: UserId, channels: Sequence[ChannelId]) -> PersonRecord:
        """Return `hold`, `standing` and `memberships` in one visit."""
        known = self._tenant.memberships
        return PersonRecord(
            hold=await self.hold(group_id, user_id),
            standing=await self.standing(group_id, user_id),
            memberships={c: known[user_id, c] for c in channels if (user_id, c) in known},
        )

    async def holds_in(self, group_id: GroupId, after: UserId, limit: int) -> Sequence[Hold]:
        """Return a group's active holds by user id, from the first greater than `after`."""
        held = (h for h in self._holds(group_id) if h.active and h.user_id > after)
        return heapq.nsmallest(limit, held, key=attrgetter("user_id"))

    async def told(self, group_id: GroupId, since: float = 0.0) -> Sequence[Hold]:
        """Return whom a group's prompts name that concern nobody any more, or that were added to since."""
        told = [hold for hold in self._holds(group_id) if hold.prompt_id is not None]
        needed = {hold.prompt_id for hold in told if hold.active and not hold.away}
        recent = {hold.prompt_id for hold in told if hold.prompted_at >= since}
        wanted = (hold for hold in told if hold.prompt_id in recent or hold.prompt_id not in needed)
        return sorted(wanted, key=attrgetter("user_id"))

    async def untold(self, group_id: GroupId, before: float, limit: int) -> Sequence[Hold]:
        """Return PLACED holds, not `away`, without `prompt_id`, `prompted_at` <= `before`, oldest first."""
        untold = (hold for hold in self._holds(group_id) if _waits_for_prompt(hold, before))
        return heapq.nsmallest(limit, untold, key=attrgetter("prompted_at", "at", "user_id"))

    async def holds_of(self, user_id: UserId) -> Sequence[Hold]:
        """Return a person's active holds in all groups."""
        held = (h for h in self._tenant.holds.values() if h.user_id == user_id and h.active)
        return sorted(held, key=attrgetter("group_id"))

    async def count_holds(self) -> int:
        """Return how many holds are active."""
        return sum(hold.active for hold in self._tenant.holds.values())

    async def claim(self, now: float, lease_s: float, limit: int) -> Sequence[Owed]:
        """Take what is due, most urgent and oldest first, and keep it from others for `lease_s` seconds.

        What is returned still carries the moment at which it was due.
        """
        debts = self._tenant.debts
        due = (owed for owed in debts.values() if owed.due_at <= now)
        taken = heapq.nsmallest(limit, due, key=attrgetter("urgency", "due_at", "key"))
        for owed in taken:
            debts[owed.key] = msgspec.structs.replace(owed, due_at=now + lease_s)
        return taken

    async def bring_forward(self, now: float, furthest_s: float, delay_s: float) -> None:
        """Have what a clock put off that has since been put back be due in `delay_s`."""
        debts, latest = self._tenant.debts, now + furthest_s
        for key, owed in debts.items():
            if owed.due_at > latest and (owed.attempts or owed.owed_at > latest):
                due_at = now + delay_s if owed.attempts else now + owed.due_at - owed.owed_at
                debts[key] = msgspec.structs.replace(owed, due_at=due_at, owed_at=min(owed.owed_at, now))

    async def next_due(self) -> float | None:
        """Return when the next intent is due, in Unix seconds."""
        return min((owed.due_at for owed in self._tenant.debts.values()), default=None)

    async def known(
        self, group_id: GroupId, channels: Sequence[ChannelId], after: UserId, limit: int
    ) -> Sequence[KnownPerson]:
        """Return whoever has a standing or an active hold in a group, or a membership of these channels."""
        tenant = self._tenant
        people = {user for group, user in tenant.standings if group == group_id}
        people |= {hold.user_id for hold in self._holds(group_id) if hold.active}
        people |= {user for user, channel in tenant.memberships if channel in channels}
        first = heapq.nsmallest(limit, (user for user in people if user > after))
        return [KnownPerson(user, await self.person(group_id, user, channels)) for user in first]

    async def sweeps(self) -> Sequence[Sweep]:
        """Return the last sweep of each kind in every group, by group and kind."""
        return [self._tenant.sweeps[key] for key in sorted(self._tenant.sweeps)]

    async def audit(self, group_id: GroupId, limit: int) -> Sequence[AuditEntry]:
        """Return the last entries about a group, newest first."""
        about = [entry for entry in reversed(self._tenant.audit) if entry.group_id == group_id]
        return about[:limit]

    async def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return the last updates that could not be handled, newest first."""
        return heapq.nlargest(limit, self._tenant.set_aside.values(), key=attrgetter("update_id"))

    async def prune(self, page: Page) -> Pruned:
        """Remove what nobody needs from one page of a table."""
        return prune(self._tenant, page)

    async def ping(self) -> None:
        """Return, as memory always answers."""

    def _holds(self, group_id: GroupId) -> Iterable[Hold]:
        return (hold for hold in self._tenant.holds.values() if hold.group_id == group_id)


def _waits_for_prompt(hold: Hold, before: float) -> bool:
    told = hold.prompt_id is not None or hold.prompted_at > before
    return hold.state is HoldState.PLACED and not hold.away and not told


def _write_groups(tenant: Tenant, changes: Changes) -> None:
    for group in changes.groups:
        tenant.groups[group.group_id] = group
    for channel in changes.channels:
        tenant.channels[channel.channel_id] = channel
    for group_id in changes.unguarded:
        tenant.groups.pop(group_id, None)
    if changes.groups or changes.channels or changes.unguarded:
        tenant.drop_unlinked_channels()


def _write_facts(tenant: Tenant, changes: Changes) -> None:
    for learnt in changes.memberships:
        pair = (learnt.user_id, learnt.channel_id)
        fact = merge(tenant.memberships.get(pair, learnt.membership), learnt.membership)
        if fact.known:
            tenant.memberships[pair] = fact
    for seen in changes.standings:
        place = (seen.group_id, seen.user_id)
        tenant.standings[place] = newer(tenant.standings.get(place, seen.standing), seen.standing)
    for hold in changes.holds:
        tenant.write_hold(hold)


def _write_debts(tenant: Tenant, changes: Changes) -> None:
    debts = tenant.debts
    for paid in changes.paid:
        if tenant.stands(paid):
            del debts[paid.key]
    for postponed in changes.postponed:
        if tenant.stands(postponed):
            debts[postponed.key] = msgspec.structs.replace(
                debts[postponed.key], due_at=postponed.due_at, attempts=postponed.attempts
            )
    for owed in changes.owed:
        debts[owed.key] = owe(debts.get(owed.key), owed)
