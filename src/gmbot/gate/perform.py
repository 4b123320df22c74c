"""Make an attempt at what is owed; every attempt decides anew what still makes sense."""

from __future__ import annotations

from gmbot.domain.errors import TransientError, Unavailable
from gmbot.domain.ids import UserId
from gmbot.domain.verdict import Judgement
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.give_back import give_back
from gmbot.gate.intents import (
    Approve,
    BlockSender,
    Delete,
    Judge,
    Owed,
    Prompt,
    Resettle,
    Restore,
    Rewrite,
    Say,
    Settle,
    SettleEverywhere,
)
from gmbot.gate.join_requests import approve_request, reconsidered
from gmbot.gate.opening import AppliedBefore, Opening
from gmbot.gate.settle import Case, settle
from gmbot.gate.tell_held import tell_held
from gmbot.gate.verify import ask_again

MESSAGE_AGE_S = 300
"""An older message is not deleted any more: its author is settled, and nobody is surprised."""

_PAGE = 100


async def perform(bot: Bot, owed: Owed) -> Changes:
    """Do what an intent asks, and return what is owed next.

    Raises TransientError if it should be tried again, and RefusedError if that would be useless.
    """
    match owed.intent:
        case Judge() as intent:
            return await _judge(bot, owed, intent)
        case Prompt() as intent:
            return await tell_held(bot, intent.group_id)
        case Say() as intent:
            return await _say(bot, intent)
        case Approve() as intent:
            return await approve_request(bot, intent)
        case SettleEverywhere() as intent:
            await _settle_everywhere(bot, owed, intent)
            return Changes(owed=reconsidered(bot, intent.channel_id, intent.user_id))
        case Settle() | Resettle():
            await _settle_people(bot, owed)
        case _:
            await _call(bot, owed)
    return Changes()


async def _settle_people(bot: Bot, owed: Owed) -> None:
    match owed.intent:
        case Settle() as intent:
            await _settle_one(bot, owed, intent)
        case Resettle() as intent:
            await _resettle(bot, owed, intent)
        case _:
            pass


async def _call(bot: Bot, owed: Owed) -> None:
    match owed.intent:
        case Restore() as intent:
            await give_back(bot, owed, intent)
        case Delete() as intent:
            await bot.telegram.delete(intent.chat_id, intent.message_ids)
        case Rewrite() as intent:
            await bot.telegram.edit(intent.chat_id, intent.message_id, intent.note)
        case BlockSender() as intent:
            await bot.telegram.ban_sender_chat(intent.group_id, intent.sender_chat_id)
        case _:
            pass


async def _settle_one(bot: Bot, owed: Owed, intent: Settle) -> None:
    case = Case(intent.group_id, intent.user_id, owed.owed_at, name=intent.name)
    if opening := bot.openings.pop(intent.key, None):
        await _settle_newcomer(bot, case, opening)
        return
    group = bot.guarded.group(intent.group_id)
    sure = not intent.anew or group is None or await ask_again(bot, group, intent.user_id)
    verdict = await settle(bot, case)
    if not sure and verdict.judgement is Judgement.HELD:
        raise Unavailable("whether somebody has joined is still unknown")


async def _settle_newcomer(bot: Bot, case: Case, opening: Opening) -> None:
    try:
        await settle(bot, case, opening)
    except AppliedBefore:
        return
    finally:
        opening.give_up()


async def _settle_everywhere(bot: Bot, owed: Owed, intent: SettleEverywhere) -> None:
    """Settle somebody wherever a channel is required; whoever joined can only wait where they are held.

    Memory is not asked about somebody who left: another process may have heard of that, and told nobody.
    """
    groups = {group.group_id for group in bot.guarded.requiring(intent.channel_id)}
    if not intent.fell and bot.knowledge.remembers_in(intent.user_id, intent.channel_id):
        groups = {hold.group_id for hold in await bot.store.holds_of(intent.user_id)}
    people = [
        Case(group_id, intent.user_id, owed.owed_at, name=intent.name, fell=intent.fell)
        for group_id in sorted(groups)
    ]
    await _settle_each(bot, people)


async def _resettle(bot: Bot, owed: Owed, intent: Resettle) -> None:
    after = UserId(0)
    failed: TransientError | None = None
    while holds := await bot.store.holds_in(intent.group_id, after, _PAGE):
        try:
            people = [Case(hold.group_id, hold.user_id, owed.owed_at, name=hold.name) for hold in holds]
            await _settle_each(bot, people)
        except TransientError as error:
            failed = error
        after = holds[-1].user_id
    if failed is not None:
        raise failed


async def _settle_each(bot: Bot, people: list[Case]) -> None:
    """Settle many; one whom Telegram cannot be asked about does not keep the others waiting."""
    failed: TransientError | None = None
    for case in people:
        try:
            await settle(bot, case)
        except TransientError as error:
            failed = error
    if failed is not None:
        raise failed


async def _judge(bot: Bot, owed: Owed, intent: Judge) -> Changes:
    case = Case(
        group_id=intent.group_id,
        user_id=intent.user_id,
        since=owed.owed_at,
        spoke=True,
        name=intent.name,
        thread_id=intent.thread_id,
    )
    verdict = await settle(bot, case)
    group = bot.guarded.group(intent.group_id)
    if verdict.judgement is not Judgement.HELD or group is None or not group.enforced:
        return Changes()
    too_old = bot.telegram.now() - intent.at > MESSAGE_AGE_S
    if too_old or not group.settings.delete_messages:
        return Changes()
    return Changes(owed=(bot.ledger.owe(Delete(intent.group_id, (intent.message_id,))),))


async def _say(bot: Bot, intent: Say) -> Changes:
    message_id = await bot.telegram.send(intent.to, intent.note)
    if intent.lifetime_s is None:
        return Changes()
    tidy = Delete(intent.to.chat_id, (message_id,))
    return Changes(owed=(bot.ledger.owe(tidy, delay_s=intent.lifetime_s),))
