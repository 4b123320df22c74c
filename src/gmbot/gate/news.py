"""What other processes of the same bot have stored, as far as this one must know at once."""

from __future__ import annotations

import msgspec

from gmbot.domain.ids import ChannelId, GroupId, UserId


class MembershipNews(msgspec.Struct, frozen=True):
    """What is known of one person in one channel may have changed."""

    user_id: UserId
    channel_id: ChannelId


class StandingNews(msgspec.Struct, frozen=True):
    """What one person is in a group may have changed."""

    group_id: GroupId
    user_id: UserId


class GroupsNews(msgspec.Struct, frozen=True):
    """Groups, their rules and settings, or channels may have changed."""


class FactsNews(msgspec.Struct, frozen=True):
    """Any fact about anybody may have changed."""


class Silence(msgspec.Struct, frozen=True):
    """Nothing was heard for a while: anything at all may have changed."""


News = MembershipNews | StandingNews | GroupsNews | FactsNews | Silence
