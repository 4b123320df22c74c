"""What the store without a database keeps, bot by bot."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId
from gmbot.domain.membership import Membership, merge
from gmbot.domain.standing import Standing, newer
from gmbot.gate.changes import AuditEntry, Moved, SetAside
from gmbot.gate.intents import Owed
from gmbot.gate.merging import follow, moved_audit, moved_group, moved_hold, owe
from gmbot.gate.sweeps import Sweep, SweepKind


class Tenant:
    """Everything that is kept for one bot."""

    def __init__(self) -> None:
        self.applied: dict[UpdateId, float] = {}
        self.revision = 0
        self.groups: dict[GroupId, Group] = {}
        self.channels: dict[ChannelId, Channel] = {}
        self.memberships: dict[tuple[UserId, ChannelId], Membership] = {}
        self.standings: dict[tuple[GroupId, UserId], Standing] = {}
        self.holds: dict[tuple[GroupId, UserId], Hold] = {}
        self.debts: dict[str, Owed] = {}
        self.audit: list[AuditEntry] = []
        self.sweeps: dict[tuple[GroupId, SweepKind], Sweep] = {}
        self.set_aside: dict[UpdateId, SetAside] = {}

    def stands(self, owed: Owed) -> bool:
        """Whether this debt, and not a newer one of the same key, is still owed."""
        current = self.debts.get(owed.key)
        return current is not None and current.token == owed.token

    def write_hold(self, hold: Hold) -> None:
        """Keep a hold unless its revision is no newer than the one that is kept."""
        place = (hold.group_id, hold.user_id)
        kept = self.holds.get(place)
        if kept is None or hold.revision > kept.revision:
            self.holds[place] = hold

    def drop_unlinked_channels(self) -> None:
        """Forget the channels that no group requires."""
        linked = {channel for group in self.groups.values() for channel in group.rule.channels}
        self.channels = {key: value for key, value in self.channels.items() if key in linked}

    def drop_homeless_sweeps(self) -> None:
        """Forget the sweeps of groups that are not guarded."""
        self.sweeps = {key: sweep for key, sweep in self.sweeps.items() if sweep.group_id in self.groups}

    def move(self, moved: Moved) -> None:
        """Rename a group everywhere; what exists under the new id already is merged with."""
        self._move_groups(moved)
        self._move_facts(moved)
        self._move_holds(moved)
        self._move_debts(moved)
        self.audit = [moved_audit(entry, moved) for entry in self.audit]
        self.drop_unlinked_channels()
        self.drop_homeless_sweeps()

    def _move_groups(self, moved: Moved) -> None:
        if GroupId(moved.new_id) in self.groups:
            self.groups.pop(GroupId(moved.old_id), None)
        groups = [moved_group(group, moved) for group in self.groups.values()]
        self.groups = {group.group_id: group for group in groups}
        required = self.channels.pop(ChannelId(moved.old_id), None)
        if required is not None:
            here = ChannelId(moved.new_id)
            renamed = msgspec.structs.replace(required, channel_id=here)
            self.channels.setdefault(here, renamed)

    def _move_facts(self, moved: Moved) -> None:
        for user_id in [user for user, chat in self.memberships if chat == moved.old_id]:
            fact = self.memberships.pop((user_id, ChannelId(moved.old_id)))
            pair = (user_id, ChannelId(moved.new_id))
            self.memberships[pair] = merge(self.memberships.get(pair, fact), fact)
        for user_id in [user for chat, user in self.standings if chat == moved.old_id]:
            standing = self.standings.pop((GroupId(moved.old_id), user_id))
            place = (GroupId(moved.new_id), user_id)
            self.standings[place] = newer(self.standings.get(place, standing), standing)

    def _move_holds(self, moved: Moved) -> None:
        naming = [h for h in self.holds.values() if h.group_id == moved.old_id or moved.old_id in h.missing]
        for hold in sorted(naming, key=lambda hold: hold.group_id == moved.old_id):
            del self.holds[hold.group_id, hold.user_id]
            self.write_hold(moved_hold(hold, moved))

    def _move_debts(self, moved: Moved) -> None:
        staying = {key: owed for key, owed in self.debts.items() if follow(owed.intent, moved) == owed.intent}
        moving = [owed for key, owed in sorted(self.debts.items()) if key not in staying]
        self.debts = staying
        for owed in moving:
            intent = follow(owed.intent, moved)
            if intent is not None:
                followed = Owed(intent, owed.due_at, owed.owed_at, owed.token, owed.attempts)
                self.debts[intent.key] = owe(self.debts.get(intent.key), followed)


class MemoryDatabase:
    """What several bots' stores share, as they would share a database."""

    def __init__(self) -> None:
        self._tenants: dict[BotId, Tenant] = {}

    def tenant(self, bot_id: BotId) -> Tenant:
        """Return one bot's part."""
        return self._tenants.setdefault(bot_id, Tenant())
