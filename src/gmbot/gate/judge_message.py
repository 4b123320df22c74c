"""Judge a message in a guarded group: from memory if its author is known to be allowed, else as owed."""

from __future__ import annotations

import time

import msgspec

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.group import ChannelSenders, Group
from gmbot.domain.ids import UserId
from gmbot.domain.verdict import Judgement
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import MembershipRecalled
from gmbot.gate.incoming import MessageSeen
from gmbot.gate.intents import BlockSender, Delete, Judge
from gmbot.resilience.deadline import deadline

ASK_WITHIN_S = 2.0
"""How long others' updates may wait for what Telegram says about the author of a command."""

SERVICE_ACCOUNT = 777000
"""Who "sends" a linked channel's posts into its discussion group."""


def is_exempt(group: Group, message: MessageSeen) -> bool:
    """Whether a message has no author to judge: service messages, bots, anonymous admins, linked posts.

    Anonymous admins write as the group itself (GroupAnonymousBot, `sender_chat.id == chat.id`).
    """
    if message.service or message.automatic_forward or message.sender is None:
        return True
    if message.sender_chat is not None:
        return message.sender_chat.chat_id in {group.group_id, group.linked_chat_id}
    return message.sender.is_bot or message.sender.user_id == SERVICE_ACCOUNT


def recalled_as_allowed(bot: Bot, group: Group, message: MessageSeen) -> bool:
    """Whether process memory alone lets a message pass, without any await."""
    if message.sender is None or message.sender_chat is not None:
        return False
    started = time.perf_counter()
    hit = bot.knowledge.lets_pass(group, message.sender.user_id)
    if hit:
        bot.brake.passed(group.group_id, message.sender.user_id)
        bot.emit(MembershipRecalled(hit, time.perf_counter() - started))
    return hit


async def judge_message(bot: Bot, group: Group, message: MessageSeen, *, ask: bool = False) -> bool:
    """Return whether a message may stay; if that is not sure, judging it is owed before this returns.

    With `ask`, Telegram is asked about an author who is not known to be allowed: for a command, which
    is run now or never.
    """
    if message.automatic_forward:
        await _learn_link(bot, group, message)
    if not group.enforced or is_exempt(group, message) or recalled_as_allowed(bot, group, message):
        return True
    assert message.sender is not None  # noqa: S101 (is_exempt)
    if message.sender_chat is not None:
        return await _judge_channel_sender(bot, group, message)
    user_id = message.sender.user_id
    if await _shared_as_allowed(bot, group, user_id) or await _known_as_allowed(bot, group, user_id):
        return True
    if ask and await _proves_allowed(bot, group, message.sender.user_id):
        return True
    judge = Judge(
        group_id=group.group_id,
        user_id=message.sender.user_id,
        message_id=message.message_id,
        at=message.at,
        thread_id=message.thread_id,
        name=message.sender.name,
    )
    await bot.ledger.write(Changes(update_id=message.update_id, owed=(bot.ledger.owe(judge),)))
    return False


async def _shared_as_allowed(bot: Bot, group: Group, user_id: UserId) -> bool:
    """Whether what other processes remember lets a message pass."""
    started = time.perf_counter()
    verdict = await bot.knowledge.recall_shared(group, user_id, bot.telegram.now())
    hit = verdict.judgement is Judgement.ALLOWED
    bot.emit(MembershipRecalled(hit, time.perf_counter() - started))
    return hit


async def _known_as_allowed(bot: Bot, group: Group, user_id: UserId) -> bool:
    verdict = await bot.knowledge.look_up(group, user_id, bot.telegram.now())
    return verdict.judgement is Judgement.ALLOWED


async def _proves_allowed(bot: Bot, group: Group, user_id: UserId) -> bool:
    """Ask what somebody is in the group, and unless that is enough, in the channels."""
    try:
        async with deadline(ASK_WITHIN_S):
            await _ask(bot, group, user_id)
    except (TransientError, RefusedError):
        return False
    return await _known_as_allowed(bot, group, user_id)


async def _ask(bot: Bot, group: Group, user_id: UserId) -> None:
    standing = await bot.questions.standing(group.group_id, user_id)
    await bot.ledger.write(Changes(standings=(standing,)))
    if not standing.standing.is_admin:
        channels = [c for c in group.rule.channels if c not in bot.guarded.unusable]
        learnt = await bot.questions.memberships(user_id, channels)
        await bot.ledger.write(Changes(memberships=tuple(one for one in learnt if one.membership.known)))


async def _learn_link(bot: Bot, group: Group, message: MessageSeen) -> None:
    """No update tells which channel is linked (SEMANTICS: membership updates); its forwards do."""
    linked = message.sender_chat.chat_id if message.sender_chat else None
    if linked not in {None, group.linked_chat_id}:
        await bot.ledger.write(Changes(groups=(msgspec.structs.replace(group, linked_chat_id=linked),)))


async def _judge_channel_sender(bot: Bot, group: Group, message: MessageSeen) -> bool:
    """Whoever writes as a channel has no membership to check and cannot be restricted: a policy decides."""
    assert message.sender_chat is not None  # noqa: S101 (the caller)
    sender_chat_id = message.sender_chat.chat_id
    policy = group.settings.channel_senders
    if policy is ChannelSenders.ALLOW_ALL or sender_chat_id in group.rule.channels:
        return True
    owed = [bot.ledger.owe(Delete(group.group_id, (message.message_id,)))]
    if policy is ChannelSenders.BLOCK:
        owed.append(bot.ledger.owe(BlockSender(group.group_id, sender_chat_id)))
    await bot.ledger.write(Changes(update_id=message.update_id, owed=tuple(owed)))
    return False
