"""Answers as debts, so that each is sent once, survives a crash, and tidies up after itself."""

from __future__ import annotations

import msgspec

from gmbot.gate.bot import Bot
from gmbot.gate.changes import NO_CHANGES, Changes
from gmbot.gate.incoming import ButtonTapped, ChatKind, MessageSeen
from gmbot.gate.intents import Delete, Owed, Rewrite, Say
from gmbot.gate.outgoing import Address, Note

CHATTER_S = 60.0
"""Admin chatter in a group deletes itself after a minute."""


async def reply(
    bot: Bot,
    message: MessageSeen,
    note: Note,
    changes: Changes = NO_CHANGES,
    *,
    lifetime_s: float = CHATTER_S,
) -> None:
    """Store changes together with the answer to the message that asked for them."""
    owed = changes.owed + _answer(bot, message, note, lifetime_s)
    await bot.ledger.write(msgspec.structs.replace(changes, update_id=message.update_id, owed=owed))


def _answer(bot: Bot, message: MessageSeen, note: Note, lifetime_s: float) -> tuple[Owed, ...]:
    chat_id = message.chat.chat_id
    to = Address(chat_id, message.thread_id, message.message_id)
    occasion = str(message.update_id)
    if message.chat.kind is ChatKind.PRIVATE:
        return (bot.ledger.owe(Say(occasion, Address(chat_id), note)),)
    tidy = bot.ledger.owe(Delete(chat_id, (message.message_id,)), delay_s=lifetime_s)
    return (bot.ledger.owe(Say(occasion, to, note, lifetime_s)), tidy)


async def rewrite(bot: Bot, tap: ButtonTapped, note: Note, changes: Changes = NO_CHANGES) -> None:
    """Store changes together with the new text of the message whose button was tapped."""
    owed = changes.owed
    if tap.chat is not None and tap.message_id is not None:
        owed = (*owed, bot.ledger.owe(Rewrite(tap.chat.chat_id, tap.message_id, note)))
    await bot.ledger.write(msgspec.structs.replace(changes, update_id=tap.update_id, owed=owed))
