"""Let those in who ask for it, as soon as they qualify; nobody is ever declined.

A request waits as an intent. Whoever does not qualify yet is told in private what to join, once.
"""

from __future__ import annotations

import contextlib
from typing import Final

import msgspec

from gmbot.domain.errors import ChatUnusable, RefusedError, RightsMissing, Unavailable
from gmbot.domain.group import Group
from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.verdict import Judgement, Reason, Verdict, decide
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import RequestApproved
from gmbot.gate.incoming import JoinAsked
from gmbot.gate.intents import Approve, Owed
from gmbot.gate.outgoing import Address
from gmbot.gate.settle import owed_elsewhere
from gmbot.gate.watch_channels import lose_channels

TELL_WITHIN_S: Final = 290
"""A requester may be written to for five minutes (SEMANTICS: join requests)."""

SHORTEST_WAIT_S, LONGEST_WAIT_S = 15.0, 3600.0
WAIT_SHARE: Final = 0.1
"""A request is looked at again after a tenth of its age: events tell sooner, unless they go missing."""

GIVE_UP_S: Final = 7 * 86_400
"""After a week a request is left to the group's admins."""


async def hear_request(bot: Bot, asked: JoinAsked) -> bool:
    """Store that somebody asks to be let in; False if that is not GMBot's affair."""
    group = bot.guarded.group(asked.chat.chat_id)
    if group is None or not group.settings.approve_requests:
        return False
    request = Approve(group.group_id, asked.person.user_id, asked.private_chat_id, asked.at)
    await bot.ledger.write(Changes(update_id=asked.update_id, owed=(bot.ledger.owe(request),)))
    return True


def reconsidered(bot: Bot, channel_id: ChannelId, user_id: UserId) -> tuple[Owed, ...]:
    """Return what is owed now that somebody's subscription to a channel changed."""
    groups = tuple(group.group_id for group in bot.guarded.requiring(channel_id))
    return tuple(bot.ledger.owe(request) for request in bot.requests.of(user_id, groups))


async def approve_request(bot: Bot, request: Approve) -> Changes:
    """Approve a request, or return it as owed again later.

    Raises TransientError when it is not known whether its person qualifies.
    """
    bot.requests.discard(request)
    group = bot.guarded.group(request.group_id)
    age_s = bot.telegram.now() - request.at
    if group is None or not group.settings.approve_requests or age_s > GIVE_UP_S:
        return Changes()
    verdict, learnt = await _judged(bot, group, request.user_id)
    if verdict.judgement is Judgement.UNDECIDED:
        await bot.ledger.write(learnt)
        raise Unavailable("whether somebody who asks to be let in qualifies is unknown")
    if group.enforced and verdict.reason is Reason.QUALIFIED and await _approved(bot, request):
        return learnt
    if verdict.judgement is Judgement.HELD and not request.told:
        request = await _told(bot, group, verdict, request)
    bot.requests.add(request)
    wait_s = min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, WAIT_SHARE * age_s))
    return msgspec.structs.replace(learnt, owed=(*learnt.owed, bot.ledger.owe(request, delay_s=wait_s)))


async def _judged(bot: Bot, group: Group, user_id: UserId) -> tuple[Verdict, Changes]:
    """Return what to think of somebody, after asking Telegram what is not known, and what that taught."""
    record = await bot.knowledge.record(group.group_id, user_id, group.rule.channels)
    verdict = decide(bot.knowledge.evidence(group, record, bot.telegram.now()))
    if not verdict.ask:
        return verdict, Changes()
    answers = await bot.questions.memberships(user_id, verdict.ask)
    await lose_channels(bot, bot.questions.take_unusable())
    known = tuple(answer for answer in answers if answer.membership.known)
    verdict = decide(bot.knowledge.evidence(group, record.learning(known), bot.telegram.now()))
    return verdict, Changes(memberships=known, owed=owed_elsewhere(bot, record.memberships, known))


async def _approved(bot: Bot, request: Approve) -> bool:
    """Let somebody in; False while the bot may not. Whoever is in already, or asks no more, is done."""
    try:
        await bot.telegram.approve(request.group_id, request.user_id)
    except (RightsMissing, ChatUnusable):
        return False
    seconds = max(0.0, bot.telegram.now() - request.at)
    bot.emit(RequestApproved(request.group_id, request.user_id, seconds))
    return True


async def _told(bot: Bot, group: Group, verdict: Verdict, request: Approve) -> Approve:
    """Tell somebody what to join, once, if they may still be written to."""
    if bot.telegram.now() - request.at <= TELL_WITHIN_S:
        channels = bot.guarded.channels_of(group)
        missing = [channel for channel in channels if channel.channel_id in verdict.missing]
        with contextlib.suppress(RefusedError):
            await bot.telegram.send(Address(request.private_chat_id), bot.voice.join_first(group, missing))
    return msgspec.structs.replace(request, told=True)
