"""Follow a basic group that became a supergroup with another id."""

from __future__ import annotations

from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes, Moved
from gmbot.gate.incoming import MessageSeen


async def follow_migration(bot: Bot, message: MessageSeen) -> bool:
    """Store the new id wherever the old one is named; False if nobody here names it.

    Telegram says it twice, once in each chat and in any order; the second time changes nothing.
    """
    moved = _moved(message)
    if moved is None or not _known(bot, moved):
        return False
    await bot.ledger.write(Changes(update_id=message.update_id, moved=(moved,)))
    return True


def _moved(message: MessageSeen) -> Moved | None:
    here = message.chat.chat_id
    if message.migrated_to is not None:
        return Moved(here, message.migrated_to)
    return Moved(message.migrated_from, here) if message.migrated_from is not None else None


def _known(bot: Bot, moved: Moved) -> bool:
    return bot.guarded.group(moved.old_id) is not None or bot.guarded.channel(moved.old_id) is not None
