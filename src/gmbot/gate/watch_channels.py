"""Notice when a required channel can no longer be seen into, and when it can again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gmbot.domain.errors import ChatUnusable, TransientError
from gmbot.domain.ids import ChannelId, GroupId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import ChannelUsability
from gmbot.gate.intents import Resettle
from gmbot.gate.pause_group import NOBODY, tell_admins


async def lose_channels(bot: Bot, causes: Mapping[ChannelId, str]) -> None:
    """Stop counting channels against anybody; admins of each group concerned are told once."""
    for channel_id, cause in causes.items():
        await set_usable(bot, channel_id, usable=False, cause=cause)


async def set_usable(bot: Bot, channel_id: ChannelId, *, usable: bool, cause: str) -> None:
    """Record whether a channel counts, and settle whoever is held for it; nothing if it is so already."""
    async with bot.people((GroupId(channel_id), NOBODY)):
        channel = bot.guarded.channel(channel_id)
        if channel is None or channel.usable is usable:
            return
        heard_since = heard_from_now(bot) if usable else channel.heard_since
        changed = msgspec.structs.replace(channel, usable=usable, heard_since=heard_since)
        groups = bot.guarded.requiring(channel_id)
        owed = [bot.ledger.owe(Resettle(group.group_id)) for group in groups]
        if not usable:
            occasion = f"unusable:{channel_id}:{int(bot.clock.now())}"
            for group in groups:
                owed += tell_admins(bot, group, bot.voice.channel_unusable(group, changed), occasion)
        await bot.ledger.write(Changes(channels=(changed,), owed=tuple(owed)))
    bot.emit(ChannelUsability(channel_id, usable, cause))


def heard_from_now(bot: Bot) -> int:
    """Return the `heard_since` of a channel that is heard from now on.

    An answer may carry the second before its question (decision 1): those count already.
    """
    return int(bot.telegram.now()) - 2


async def recheck_channels(bot: Bot) -> None:
    """Look whether unusable channels can be seen into again: the update that said so may have been missed."""
    for channel_id in sorted(bot.guarded.unusable):
        if await is_visible(bot, channel_id):
            await set_usable(bot, channel_id, usable=True, cause="recheck")


async def is_visible(bot: Bot, channel_id: ChannelId) -> bool:
    """Whether the bot is an admin of a channel now; False when Telegram does not answer."""
    try:
        admins = await bot.telegram.administrators(channel_id)
    except (ChatUnusable, TransientError):
        return False
    return any(admin.user_id == bot.user_id for admin in admins)
