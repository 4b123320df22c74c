"""What must be so once nothing has gone wrong for a while: everybody is where the world's truth puts them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from tests.simulation.cast import Cast, Tenant
from tests.simulation.journal import Journal
from tests.simulation.promises import Promises, marked

from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.group import Group
from gmbot.domain.ids import BotId, GroupId, UserId
from gmbot.gate.intents import Delete, Prompt, Rewrite, Say
from gmbot.simulator.members import Member, Wire

JUST_NOW_S = 20
"""Who is held for less than this may not have been told yet: a group is told of newcomers at its pace."""

PATIENT = (Delete, Prompt, Rewrite, Say)
"""What may wait for its time: tidying up, and the next hour's prompt."""


class Reckoning:
    """Compares what is with what must be. Times are the loop's."""

    def __init__(
        self,
        cast: Cast,
        journal: Journal,
        memory: MemoryDatabase,
        promises: Promises,
        lost: Callable[[], set[int]],
    ) -> None:
        self._cast = cast
        self._world = cast.world
        self._journal = journal
        self._memory = memory
        self._promises = promises
        self._lost = lost

    def free(self, excused: Collection[int] = ()) -> None:
        """Blame whoever holds somebody who may speak; the `excused` have done nothing to be noticed yet."""
        for tenant, group, person in self._everybody():
            if person in excused or not self.is_held(group, person):
                continue
            why = self.may_speak(tenant, group, person)
            if why:
                self._journal.blame(
                    "whoever qualifies is free", f"{person} is held in {group}: {why}", person, group
                )

    def held(self, spoke: Collection[tuple[int, int]], excused: Collection[int] = ()) -> None:
        """Blame whoever lets somebody speak who spoke and does not qualify."""
        for tenant, group, person in self._everybody():
            if person in excused or (group, person) not in spoke or not self._enforced(tenant, group):
                continue
            standing = self._standing(group, person)
            exempt = not standing.is_member or self._is_pardoned(group, person)
            if exempt or self.may_speak(tenant, group, person) or not self._world.can_speak(person, group):
                continue
            self._journal.blame(
                "who spoke and does not qualify is held", f"{person} is free in {group}", person, group
            )

    def _is_pardoned(self, group: int, person: int) -> bool:
        """Whether an admin has freed somebody who, as far as can be known, has not left since."""
        place, promises = (group, person), self._promises
        unseen = person in promises.unheard() | self._lost()
        return place in promises.pardoned or (unseen and place in promises.pardoned_once)

    def hands_off(self) -> None:
        """Blame whoever changed what an admin had decided, and did not give it back."""
        for (group, person), hand in self._promises.hands.items():
            until = hand.until_date
            if until and until < self._world.now() + 95:
                continue
            now = self._standing(group, person)
            if hand.status == "kicked" and now.status != "kicked":
                self._journal.blame(
                    "a ban never becomes an un-ban", f"{person} may join {group}", person, group
                )
            if (
                hand.status == "restricted"
                and now.status != "kicked"
                and not now.permissions <= hand.permissions
            ):
                self._journal.blame(
                    "an admin's restriction stays", f"{person} is freed in {group}", person, group
                )
            if hand.status == "restricted" and now.status == "member":
                self._journal.blame(
                    "an admin's restriction stays", f"{person} is freed in {group}", person, group
                )

    def paid(self, now: float, grace_s: float) -> None:
        """Blame whoever owes something that was due a while ago."""
        for tenant in self._cast.tenants:
            debts = self._memory.tenant(BotId(tenant.bot)).debts
            for owed in debts.values():
                overdue = owed.due_at < now - grace_s
                long_owed = owed.owed_at < now - grace_s
                if overdue or (long_owed and not isinstance(owed.intent, PATIENT)):
                    about = getattr(owed.intent, "user_id", 0)
                    text = f"{owed.key}, due {now - owed.due_at:.0f} s ago, {owed.attempts} attempts"
                    self._journal.blame("nothing owed is forgotten", text, about)

    def told(self, calm_since: float, excused: Collection[int]) -> None:
        """Blame prompts that nobody needs, and holds of which nobody was told.

        A message from before the calm (Unix seconds) whose answer was lost, or whose sender died, is
        nobody's; nobody can know that one of the `excused` has left.
        """
        for tenant in self._cast.tenants:
            kept = self._memory.tenant(BotId(tenant.bot))
            for group in tenant.groups:
                record = kept.groups.get(GroupId(group))
                if record is not None and self._world.standing(self._world.place(group), tenant.bot).is_admin:
                    self._told_in(tenant, record, calm_since, excused)

    def _told_in(self, tenant: Tenant, group: Group, calm_since: float, excused: Collection[int]) -> None:
        holds = self._memory.tenant(BotId(tenant.bot)).holds.values()
        known = {hold.prompt_id for hold in holds if hold.group_id == group.group_id}
        named: set[int] = set()
        for message in self._world.messages(group.group_id):
            if message.author != tenant.bot or not any(
                b.get("callback_data") == "verify" for b in message.buttons
            ):
                continue
            people = set(_mentioned(message.wire))
            named |= people
            needed = any(self._is_concerned(group.group_id, one) or one in excused for one in people)
            ours = message.id in known or message.date >= calm_since
            if ours and not needed:
                text = f"message {message.id} in {group.group_id} is for nobody any more"
                self._journal.blame("prompts go when nobody needs them", text, group.group_id, *people)
        if group.enforced and group.settings.prompts:
            self._untold(tenant, group, named | set(excused))

    def _untold(self, tenant: Tenant, group: Group, named: set[int]) -> None:
        """Blame whoever was not told; who was held a moment ago is told at the group's pace."""
        holds = self._memory.tenant(BotId(tenant.bot)).holds
        for person in (*self._cast.people,):
            hold = holds.get((group.group_id, UserId(person)))
            here = self._standing(group.group_id, person).is_member
            if not here or person in named or not self.is_held(group.group_id, person):
                continue
            if hold is None or (hold.prompted_at == 0 and hold.at < self._world.now() - JUST_NOW_S):
                text = f"{person} is held in {group.group_id} and was never told"
                self._journal.blame("whoever is held is told what to join", text, person, group.group_id)

    def is_held(self, group: int, person: int) -> bool:
        """Whether somebody is in a group, muted by GMBot."""
        now = self._standing(group, person)
        return now.status == "restricted" and now.present and marked(group, person, now.until_date)

    def _is_concerned(self, group: int, person: int) -> bool:
        """Whether somebody who is held is in the group, or comments there without being in it."""
        now = self._standing(group, person)
        here = now.present or self._world.place(group).linked is not None
        return now.status == "restricted" and here and marked(group, person, now.until_date)

    def may_speak(self, tenant: Tenant, group: int, person: int) -> str:
        """Return why the world's truth lets somebody speak, "" if it does not."""
        if self._standing(group, person).is_admin:
            return "an admin"
        record = self._record(tenant, group)
        if record is None or not record.rule.channels:
            return "nothing is required"
        inside = sum(self._counts(tenant, channel, person) for channel in record.rule.channels)
        return f"in {inside} of {record.rule.needed}" if inside >= record.rule.needed else ""

    def _counts(self, tenant: Tenant, channel: int, person: int) -> bool:
        place = self._world.place(channel)
        seen = self._world.standing(place, tenant.bot).is_admin
        return not seen or self._world.standing(place, person).is_member

    def _record(self, tenant: Tenant, group: int) -> Group | None:
        return self._memory.tenant(BotId(tenant.bot)).groups.get(GroupId(group))

    def _enforced(self, tenant: Tenant, group: int) -> bool:
        record = self._record(tenant, group)
        return record is not None and record.enforced

    def _standing(self, group: int, person: int) -> Member:
        return self._world.standing(self._world.place(group), person)

    def _everybody(self) -> list[tuple[Tenant, int, int]]:
        people = self._cast.people
        return [(t, group, person) for t in self._cast.tenants for group in t.groups for person in people]


def _mentioned(wire: Wire) -> list[int]:
    """Return whom a message names."""
    entities = wire.get("entities")
    users = [one.get("user") for one in entities] if isinstance(entities, list) else []
    return [user["id"] for user in users if user is not None]
