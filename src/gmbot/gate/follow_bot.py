"""Follow `my_chat_member`: what the bot itself became, in groups and in channels."""

from __future__ import annotations

import enum

from gmbot.domain.group import Group, PauseReason
from gmbot.domain.ids import GroupId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.incoming import BotChanged, ChatKind
from gmbot.gate.intents import Resettle
from gmbot.gate.pause_group import pause_group, resume_group
from gmbot.gate.watch_channels import set_usable

GUARDING_RIGHTS = frozenset({"can_restrict_members", "can_delete_messages"})
"""What the bot needs in a group."""


class Arrival(enum.StrEnum):
    """What the bot found when its place in a chat changed, for somebody to be told."""

    NOTHING_TO_SAY = "nothing"
    ADDED = "added"
    READY = "ready"
    ADDED_TO_BASIC_GROUP = "added_to_basic_group"


async def follow_bot(bot: Bot, change: BotChanged) -> Arrival:
    """Pause or resume the group, stop or start counting the channel, and say what should be told."""
    group = bot.guarded.group(change.chat.chat_id)
    channel = bot.guarded.channel(change.chat.chat_id)
    if group is not None:
        await _in_group(bot, group, change)
    if channel is not None and channel.usable is not change.new.is_admin:
        await set_usable(bot, channel, usable=change.new.is_admin, cause="my_chat_member")
    if group is None and channel is None:
        return await _elsewhere(bot, change)
    await bot.ledger.write(Changes(update_id=change.update_id))
    return Arrival.NOTHING_TO_SAY


async def _in_group(bot: Bot, group: Group, change: BotChanged) -> None:
    if change.new.is_admin and "can_restrict_members" in change.rights:
        if group.paused in {PauseReason.RIGHTS_MISSING, PauseReason.BOT_REMOVED}:
            await resume_group(bot, group)
    elif change.new.present:
        await pause_group(bot, group, PauseReason.RIGHTS_MISSING)
    else:
        await pause_group(bot, group, PauseReason.BOT_REMOVED)


async def _elsewhere(bot: Bot, change: BotChanged) -> Arrival:
    """Whoever is still held in a group that was unprotected while the bot could do nothing is freed now."""
    arrival = _arrival(change)
    if change.chat.kind is ChatKind.SUPERGROUP and "can_restrict_members" in change.rights:
        await bot.ledger.write(Changes(owed=(bot.ledger.owe(Resettle(GroupId(change.chat.chat_id))),)))
    return arrival


def _arrival(change: BotChanged) -> Arrival:
    new_here = change.new.present and not change.old.present
    if change.chat.kind is ChatKind.GROUP:
        return Arrival.ADDED_TO_BASIC_GROUP if new_here else Arrival.NOTHING_TO_SAY
    if change.chat.kind is not ChatKind.SUPERGROUP:
        return Arrival.NOTHING_TO_SAY
    if change.rights >= GUARDING_RIGHTS and not change.old.is_admin:
        return Arrival.READY
    return Arrival.ADDED if new_here else Arrival.NOTHING_TO_SAY
