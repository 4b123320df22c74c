"""Follow `my_chat_member`: what the bot itself became, in groups and in channels."""

from __future__ import annotations

import enum

from gmbot.domain.group import Group, PauseReason
from gmbot.domain.ids import GroupId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, LearntStanding
from gmbot.gate.incoming import BotChanged, ChatKind
from gmbot.gate.intents import Owed, Resettle
from gmbot.gate.pause_group import FOR_WANT_OF_RIGHTS, pause_group, resume_group
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
    """Pause or resume the group, stop or start counting the channel, and say what should be told.

    What the bot was before it became what is known already changes nothing, however late it is heard.
    """
    group = bot.guarded.group(change.chat.chat_id)
    channel = bot.guarded.channel(change.chat.chat_id)
    if group is None and channel is None:
        return await _elsewhere(bot, change)
    here = GroupId(change.chat.chat_id)
    known = await bot.store.standing(here, bot.user_id)
    if known is not None and known.stamp >= change.new.stamp:
        return Arrival.NOTHING_TO_SAY
    owed = await _in_group(bot, group, change) if group is not None else ()
    if channel is not None:
        await set_usable(bot, channel.channel_id, usable=change.new.is_admin, cause="my_chat_member")
    fact = LearntStanding(here, bot.user_id, change.new)
    await bot.ledger.write(Changes(update_id=change.update_id, standings=(fact,), owed=owed))
    return Arrival.NOTHING_TO_SAY


async def _in_group(bot: Bot, group: Group, change: BotChanged) -> tuple[Owed, ...]:
    """Pause or resume a group, and return what is owed: a pause for another reason ends no release."""
    if change.new.is_admin and "can_restrict_members" in change.rights:
        if group.paused in FOR_WANT_OF_RIGHTS:
            await resume_group(bot, group)
        elif group.paused is not None:
            return (bot.ledger.owe(Resettle(group.group_id)),)
    elif change.new.present:
        await pause_group(bot, group, PauseReason.RIGHTS_MISSING)
    else:
        await pause_group(bot, group, PauseReason.BOT_REMOVED)
    return ()


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
