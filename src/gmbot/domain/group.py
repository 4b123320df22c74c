"""A guarded group and the channels it requires."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.rule import Rule


class ChannelSenders(enum.StrEnum):
    """What happens to people who write as a channel, whose membership cannot be checked."""

    LINKED_ONLY = "linked_only"
    ALLOW_ALL = "allow_all"
    BLOCK = "block"


class PauseReason(enum.StrEnum):
    """Why GMBot leaves a guarded group alone for now."""

    RIGHTS_MISSING = "rights_missing"
    BOT_REMOVED = "bot_removed"
    MASS_FLIP = "mass_flip"
    BY_ADMIN = "by_admin"


class GroupSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What admins may choose; kept as JSON, so that a new choice needs no migration.

    Until `flips_accepted_until` (Unix seconds) people are held however many leave at once: an admin looked.
    """

    channel_senders: ChannelSenders = ChannelSenders.LINKED_ONLY
    delete_messages: bool = True
    prompts: bool = True
    flips_accepted_until: float = 0
    approve_requests: bool = False


class Group(msgspec.Struct, frozen=True):
    """A supergroup that the bot guards for its owner."""

    group_id: GroupId
    owner_id: UserId
    title: str
    rule: Rule = Rule()
    settings: GroupSettings = GroupSettings()
    paused: PauseReason | None = None
    linked_chat_id: int | None = None
    protected_at: float = 0

    @property
    def enforced(self) -> bool:
        """Whether anybody may be held here now."""
        return self.paused is None and bool(self.rule.channels)


class Channel(msgspec.Struct, frozen=True):
    """A channel (or group) that some group requires.

    `invite_link` is set for private ones. `usable` is False while the bot cannot see who is in it:
    it then counts against nobody. Memberships learnt before `heard_since` (Unix seconds on Telegram's
    clock) are not believed: until then nobody told of those who joined and left.
    """

    channel_id: ChannelId
    title: str
    username: str | None = None
    invite_link: str | None = None
    usable: bool = True
    heard_since: int = 0

    @property
    def url(self) -> str | None:
        """Where to join it, when there is such a place."""
        return f"https://t.me/{self.username}" if self.username else self.invite_link
