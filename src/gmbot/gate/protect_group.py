"""Protect a group: check everything, and only then write, or make a link."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from gmbot.domain.errors import ChatUnusable, RefusedError
from gmbot.domain.group import Channel, Group, PauseReason
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.rule import Rule
from gmbot.gate.authorize import Asker, administers
from gmbot.gate.bot import Bot
from gmbot.gate.changes import NO_CHANGES, AuditEntry, Changes
from gmbot.gate.confirmation import VALID_S, Request, seal
from gmbot.gate.follow_bot import GUARDING_RIGHTS
from gmbot.gate.incoming import Chat, ChatKind
from gmbot.gate.intents import Resettle
from gmbot.gate.ports import Administrator, ChatInfo
from gmbot.gate.targets import Target
from gmbot.gate.watch_channels import heard_from_now

MOST_CHANNELS = 10
"""So many fit into a prompt, its buttons and the answer to a tap."""

_MENDED = frozenset({PauseReason.RIGHTS_MISSING, PauseReason.BOT_REMOVED})


class Refusal(enum.StrEnum):
    """Why a group cannot be protected at all."""

    BASIC_GROUP = "basic_group"
    NOT_A_GROUP = "not_a_group"
    NOT_ADMIN = "not_admin"
    BOT_NOT_ADMIN = "bot_not_admin"
    BOT_LACKS_RIGHTS = "bot_lacks_rights"
    NOTHING_NAMED = "nothing_named"


class ChannelResult(enum.StrEnum):
    """What became of one channel that was named."""

    ADDED = "added"
    ALREADY = "already"
    UNREADABLE = "unreadable"
    INVITE_LINK = "invite_link"
    NOT_FOUND = "not_found"
    NOT_A_CHANNEL = "not_a_channel"
    ITSELF = "itself"
    BOT_NOT_ADMIN = "bot_not_admin"
    NO_INVITE_RIGHT = "no_invite_right"
    CONFIRM = "confirm"
    TOO_MANY = "too_many"


class ChannelOutcome(msgspec.Struct, frozen=True):
    """One channel that was named, and what became of it; `code` asks one of its admins to confirm."""

    named: str
    result: ChannelResult
    channel: Channel | None = None
    code: str | None = None


class ProtectRequest(msgspec.Struct, frozen=True):
    """Who asks to protect which group with what; `confirmed` once an admin of the channel has agreed."""

    chat: Chat
    asker: Asker
    targets: tuple[Target, ...]
    confirmed: bool = False


class ProtectOutcome(msgspec.Struct, frozen=True):
    """What to answer, and what to write with the answer; nothing has been written yet.

    `required` are the channels that the group requires after this.
    """

    refusal: Refusal | None = None
    missing_rights: tuple[str, ...] = ()
    channels: tuple[ChannelOutcome, ...] = ()
    group: Group | None = None
    required: tuple[Channel, ...] = ()
    changes: Changes = NO_CHANGES


async def protect_group(bot: Bot, request: ProtectRequest) -> ProtectOutcome:
    """Return what became of a request to protect a group. Raises TransientError if Telegram does not answer.

    Each check that fails says what is missing. Who reads a channel is nobody's business but its
    admins': one of them must ask, or confirm.
    """
    if request.chat.kind is not ChatKind.SUPERGROUP:
        basic = request.chat.kind is ChatKind.GROUP
        return ProtectOutcome(Refusal.BASIC_GROUP if basic else Refusal.NOT_A_GROUP)
    try:
        admins = await bot.telegram.administrators(request.chat.chat_id)
    except ChatUnusable:
        return ProtectOutcome(Refusal.BOT_NOT_ADMIN)
    if refused := _check_group(bot, request, admins):
        return refused
    if not request.targets:
        return ProtectOutcome(Refusal.NOTHING_NAMED)
    outcomes = [await _check_channel(bot, request, target) for target in request.targets]
    return await _conclude(bot, request, admins, _within_limit(bot, request, outcomes))


def _check_group(bot: Bot, request: ProtectRequest, admins: Sequence[Administrator]) -> ProtectOutcome | None:
    if not request.confirmed and not administers(request.asker, admins):
        return ProtectOutcome(Refusal.NOT_ADMIN)
    own = next((admin for admin in admins if admin.user_id == bot.user_id), None)
    if own is None:
        return ProtectOutcome(Refusal.BOT_NOT_ADMIN)
    if missing := GUARDING_RIGHTS - own.rights:
        return ProtectOutcome(Refusal.BOT_LACKS_RIGHTS, tuple(sorted(missing)))
    return None


async def _check_channel(bot: Bot, request: ProtectRequest, target: Target) -> ChannelOutcome:
    if target.chat is None:
        unreadable = ChannelResult.INVITE_LINK if target.invite_link else ChannelResult.UNREADABLE
        return ChannelOutcome(target.text, unreadable)
    try:
        info = await bot.telegram.chat(target.chat)
    except RefusedError:
        return ChannelOutcome(target.text, ChannelResult.NOT_FOUND)
    if info.chat.kind not in {ChatKind.CHANNEL, ChatKind.SUPERGROUP}:
        return ChannelOutcome(target.text, ChannelResult.NOT_A_CHANNEL)
    if info.chat.chat_id == request.chat.chat_id:
        return ChannelOutcome(target.text, ChannelResult.ITSELF)
    return await _check_rights(bot, request, target, info)


async def _check_rights(bot: Bot, request: ProtectRequest, target: Target, info: ChatInfo) -> ChannelOutcome:
    channel = Channel(ChannelId(info.chat.chat_id), info.chat.title, info.chat.username)
    group = bot.guarded.group(request.chat.chat_id)
    required = group is not None and channel.channel_id in group.rule.channels
    known = bot.guarded.channel(channel.channel_id)
    if required and known is not None and known.usable:
        return ChannelOutcome(target.text, ChannelResult.ALREADY, known)
    try:
        admins = await bot.telegram.administrators(channel.channel_id)
    except ChatUnusable:
        return ChannelOutcome(target.text, ChannelResult.BOT_NOT_ADMIN, channel)
    own = next((admin for admin in admins if admin.user_id == bot.user_id), None)
    if own is None:
        return ChannelOutcome(target.text, ChannelResult.BOT_NOT_ADMIN, channel)
    if channel.username is None and "can_invite_users" not in own.rights:
        return ChannelOutcome(target.text, ChannelResult.NO_INVITE_RIGHT, channel)
    if not required and (request.asker.anonymous or not administers(request.asker, admins)):
        return ChannelOutcome(target.text, ChannelResult.CONFIRM, channel, _code(bot, request, channel))
    return ChannelOutcome(target.text, ChannelResult.ADDED, channel)


def _within_limit(
    bot: Bot, request: ProtectRequest, outcomes: Sequence[ChannelOutcome]
) -> tuple[ChannelOutcome, ...]:
    """Each channel once, however often it was named, and no more than a group may require."""
    group = bot.guarded.group(request.chat.chat_id)
    required = set(group.rule.channels) if group else set()
    kept: dict[int | str, ChannelOutcome] = {}
    for one in outcomes:
        if one.channel is None or one.result not in {ChannelResult.ADDED, ChannelResult.CONFIRM}:
            kept.setdefault(one.named, one)
        elif one.channel.channel_id in required or len(required) < MOST_CHANNELS:
            required.add(one.channel.channel_id)
            kept.setdefault(one.channel.channel_id, one)
        else:
            kept.setdefault(one.named, ChannelOutcome(one.named, ChannelResult.TOO_MANY, one.channel))
    return tuple(kept.values())


def _code(bot: Bot, request: ProtectRequest, channel: Channel) -> str:
    valid_until = int(bot.clock.now()) + VALID_S
    asked = Request(GroupId(request.chat.chat_id), channel.channel_id, valid_until)
    return seal(asked, bot.signing_key)


async def _conclude(
    bot: Bot,
    request: ProtectRequest,
    admins: Sequence[Administrator],
    outcomes: tuple[ChannelOutcome, ...],
) -> ProtectOutcome:
    known = bot.guarded.group(request.chat.chat_id)
    required = bot.guarded.channels_of(known) if known else ()
    named = [o.channel for o in outcomes if o.result is ChannelResult.ADDED and o.channel]
    mended = known is not None and known.paused in _MENDED
    if not named and not mended:
        return ProtectOutcome(channels=outcomes, group=known, required=required)
    group = await _group(bot, request, admins, named)
    added = [await _linked(bot, channel) for channel in named]
    audit = tuple(
        AuditEntry(bot.clock.now(), group.group_id, request.asker.user_id, "protect", c.channel_id, c.title)
        for c in added
    )
    owed = (bot.ledger.owe(Resettle(group.group_id)),)
    changes = Changes(groups=(group,), channels=tuple(added), audit=audit, owed=owed)
    others = tuple(c for c in required if c.channel_id not in {a.channel_id for a in added})
    return ProtectOutcome(channels=outcomes, group=group, required=(*others, *added), changes=changes)


async def _linked(bot: Bot, channel: Channel) -> Channel:
    """A private channel gets an invite link of the bot's own; one that is known keeps its link."""
    known = bot.guarded.channel(channel.channel_id)
    link = known.invite_link if known else None
    if channel.username is None and link is None:
        link = await bot.telegram.invite_link(channel.channel_id, "GMBot")
    heard_since = known.heard_since if known and known.usable else heard_from_now(bot)
    return msgspec.structs.replace(channel, invite_link=link, usable=True, heard_since=heard_since)


async def _group(
    bot: Bot, request: ProtectRequest, admins: Sequence[Administrator], added: Sequence[Channel]
) -> Group:
    linked_chat_id = (await bot.telegram.chat(request.chat.chat_id)).linked_chat_id
    known = bot.guarded.group(request.chat.chat_id) or Group(
        group_id=GroupId(request.chat.chat_id),
        owner_id=_owner(request, admins),
        title=request.chat.title,
        rule=Rule(),
        protected_at=bot.clock.now(),
    )
    return msgspec.structs.replace(
        known,
        title=request.chat.title or known.title,
        paused=None if known.paused in _MENDED else known.paused,
        rule=known.rule.adding(channel.channel_id for channel in added),
        linked_chat_id=linked_chat_id,
    )


def _owner(request: ProtectRequest, admins: Sequence[Administrator]) -> UserId:
    """Whoever protected the group owns its settings; an anonymous admin leaves that to its creator."""
    if request.asker.user_id and administers(request.asker, admins):
        return request.asker.user_id
    return next((admin.user_id for admin in admins if admin.is_owner), request.asker.user_id)
