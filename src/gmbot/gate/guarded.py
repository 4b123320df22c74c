"""The guarded groups and required channels of one bot, at hand in the process."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import ChannelId, GroupId
from gmbot.domain.rule import Rule
from gmbot.gate.changes import Changes, Moved


class Price(msgspec.Struct, frozen=True):
    """What it takes to speak in a group now: to be in `needed` of the channels that can be seen into."""

    channels: tuple[ChannelId, ...]
    needed: int


class Guarded:
    """A directory of groups and channels, kept equal to the store by learning every change."""

    def __init__(self, groups: Iterable[Group] = (), channels: Iterable[Channel] = ()) -> None:
        self._groups = {group.group_id: group for group in groups}
        self._channels = {channel.channel_id: channel for channel in channels}
        self._requiring: dict[ChannelId, set[GroupId]] = {}
        self._unusable: frozenset[ChannelId] = frozenset()
        self._prices: dict[GroupId, Price] = {}
        self.revision = 0
        self.storing = 0
        """How many changes of groups are being stored at this moment."""
        self._reindex()

    def group(self, chat_id: int) -> Group | None:
        """Return the guarded group with that id, if it is one."""
        return self._groups.get(chat_id)  # type: ignore[call-overload, no-any-return]

    def price(self, group: Group) -> Price:
        """Return what it takes to speak in a guarded group; it is worked out once until something changes."""
        price = self._prices.get(group.group_id)
        if price is None:
            price = self._prices[group.group_id] = self._price(group.rule)
        return price

    def channel(self, chat_id: int) -> Channel | None:
        """Return the required channel with that id, if it is one."""
        return self._channels.get(ChannelId(chat_id))

    def heard(self, channel_id: ChannelId, at: int) -> bool:
        """Whether a channel was heard at a Unix second: of what is older, newer news may have been missed."""
        channel = self.channel(channel_id)
        return channel is None or at >= channel.heard_since

    def channels_of(self, group: Group) -> tuple[Channel, ...]:
        """Return the channels that a group requires, in the order of its rule."""
        return tuple(self._channels[c] for c in group.rule.channels if c in self._channels)

    def requiring(self, channel_id: int) -> tuple[Group, ...]:
        """Return the groups that require a channel."""
        ids = self._requiring.get(ChannelId(channel_id), set())
        return tuple(self._groups[group_id] for group_id in sorted(ids))

    @property
    def unusable(self) -> frozenset[ChannelId]:
        """The channels that the bot cannot see into now: they count against nobody."""
        return self._unusable

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every guarded group."""
        return tuple(self._groups.values())

    def hears_anew(self, channels: Iterable[Channel]) -> bool:
        """Whether what is remembered of one of these channels may be from before it was heard."""
        known = ((channel, self.channel(channel.channel_id)) for channel in channels)
        return any(before is None or before.heard_since != now.heard_since for now, before in known)

    def replace(self, groups: Iterable[Group], channels: Iterable[Channel]) -> None:
        """Become what was read from the store."""
        self._groups = {group.group_id: group for group in groups}
        self._channels = {channel.channel_id: channel for channel in channels}
        self._reindex()

    def learn(self, changes: Changes) -> None:
        """Follow what was stored."""
        if not changes.of_groups:
            return
        self.revision += 1
        self._groups.update({group.group_id: group for group in changes.groups})
        self._channels.update({channel.channel_id: channel for channel in changes.channels})
        for group_id in changes.unguarded:
            self._groups.pop(group_id, None)
        for moved in changes.moved:
            self._move(moved)
        self._reindex()

    def _move(self, moved: Moved) -> None:
        if group := self._groups.pop(GroupId(moved.old_id), None):
            new_id = GroupId(moved.new_id)
            self._groups.setdefault(new_id, msgspec.structs.replace(group, group_id=new_id))
        if channel := self._channels.pop(ChannelId(moved.old_id), None):
            new_channel = ChannelId(moved.new_id)
            renamed = msgspec.structs.replace(channel, channel_id=new_channel)
            self._channels.setdefault(new_channel, renamed)
        for group_id, group in self._groups.items():
            rule = group.rule.replacing(ChannelId(moved.old_id), ChannelId(moved.new_id))
            self._groups[group_id] = msgspec.structs.replace(group, rule=rule)

    def _price(self, rule: Rule) -> Price:
        usable = tuple(c for c in rule.channels if c not in self._unusable)
        return Price(usable, rule.needed - (len(rule.channels) - len(usable)))

    def _reindex(self) -> None:
        self._prices = {}
        self._requiring = {}
        for group in self._groups.values():
            for channel_id in group.rule.channels:
                self._requiring.setdefault(channel_id, set()).add(group.group_id)
        self._channels = {c: channel for c, channel in self._channels.items() if c in self._requiring}
        self._unusable = frozenset(c for c, channel in self._channels.items() if not channel.usable)
