"""Whether an admin asks: anybody else is told that only admins may."""

from __future__ import annotations

from gmbot.domain.group import Group
from gmbot.entrypoints.bot import admin_texts, texts
from gmbot.entrypoints.bot.replies import reply
from gmbot.gate.authorize import Asker, asker_of, is_admin
from gmbot.gate.bot import Bot
from gmbot.gate.incoming import ButtonTapped, MessageSeen
from gmbot.gate.outgoing import Note


async def commanded(bot: Bot, message: MessageSeen) -> Group | None:
    """Return the guarded group that its admin wrote in, or reply why there is none. Raises TransientError."""
    asker = asker_of(message.chat, message.sender, message.sender_chat)
    group = bot.guarded.group(message.chat.chat_id)
    if not await is_admin(bot, message.chat.chat_id, asker):
        await reply(bot, message, Note(texts.ADMINS_ONLY))
        return None
    if group is None:
        await reply(bot, message, admin_texts.NOT_PROTECTED)
    return group


async def refused(bot: Bot, tap: ButtonTapped, group: Group | None) -> str:
    """Return why the tapper may not decide about the group; empty if they may. Raises TransientError."""
    if group is None:
        return texts.GONE
    admin = await is_admin(bot, group.group_id, Asker(tap.person))
    return "" if admin else texts.ADMINS_ONLY
