"""Prompts: one message for all who were held together, gone when nobody needs it any more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from gmbot.domain.errors import RefusedError
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import ChannelId, GroupId, MessageId, ThreadId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.intents import Owed, Prompt
from gmbot.gate.outgoing import Address
from gmbot.resilience.budget import Windows

AGAIN_AFTER_S = 3600
"""A person is prompted at most once an hour."""

TOGETHER_S = 60
"""Those who are held within this time of a prompt are added to it."""

AT_ONCE = 3
PACE_S = 4
"""A group is told of newcomers at once, but thrice in 12 seconds at most: of the 20 messages a minute that
Telegram allows there, some are left for answers."""

MOST_AT_ONCE = 200

MOST_NOTES = 4
"""So often it is tried to write a message's number to holds that others write to at the same moment."""


class _Told(msgspec.Struct, frozen=True):
    """One prompt in the group, and those whom it still concerns."""

    prompt_id: MessageId
    thread_id: ThreadId | None
    sent_at: float
    people: tuple[Hold, ...]


def owe_prompt(bot: Bot, group_id: GroupId) -> Owed:
    """Return that somebody new is to be told, as a debt that is due when it is the group's pace."""
    return bot.ledger.owe(Prompt(group_id), delay_s=bot.pace.wait_s(group_id))


def owe_correction(bot: Bot, hold: Hold) -> tuple[Owed, ...]:
    """Return that a prompt is to name a person no longer, if one does, as a debt that is due at once."""
    return (bot.ledger.owe(Prompt(hold.group_id)),) if hold.prompt_id else ()


def prompt_pace(now: Callable[[], float]) -> Windows[GroupId]:
    """Return what counts how often each group is told of newcomers."""
    return Windows(AT_ONCE, AT_ONCE * PACE_S, now=now)


async def tell_held(bot: Bot, group_id: GroupId) -> Changes:
    """Bring a group's prompts in line with who is held there; return what is owed next."""
    now = bot.clock.now()
    told = await bot.store.told(group_id, now - TOGETHER_S)
    await _clean_up(bot, group_id, told)
    group = bot.guarded.group(group_id)
    untold = await bot.store.untold(group_id, now - AGAIN_AFTER_S, MOST_AT_ONCE)
    if group is None or not group.settings.prompts or group.paused:
        return Changes()
    if not untold:
        return await _later(bot, group_id, now)
    if bot.pace.wait_s(group_id):
        return Changes(owed=(owe_prompt(bot, group_id),))
    for thread_id, people in _by_thread(untold).items():
        await _tell(bot, group, thread_id, people, _recent(told, thread_id, now))
    if len(untold) == MOST_AT_ONCE:
        return Changes(owed=(owe_prompt(bot, group_id),))
    return await _later(bot, group_id, now)


async def _later(bot: Bot, group_id: GroupId, now: float) -> Changes:
    """Whoever came back after their prompt was deleted is told again once their hour is over."""
    waiting = await bot.store.untold(group_id, now, 1)
    if not waiting:
        return Changes()
    left_s = max(waiting[0].prompted_at + AGAIN_AFTER_S - now, PACE_S)
    return Changes(owed=(bot.ledger.owe(Prompt(group_id), delay_s=left_s),))


async def _clean_up(bot: Bot, group_id: GroupId, told: Sequence[Hold]) -> None:
    """Delete prompts that concern nobody any more: everybody they name is free, or has left."""
    needed = {hold.prompt_id for hold in told if _needed(hold)}
    over = [hold for hold in told if hold.prompt_id not in needed]
    message_ids = sorted({hold.prompt_id for hold in over if hold.prompt_id is not None})
    for message_id in message_ids:
        await _delete(bot, group_id, message_id)
    if over:
        await bot.ledger.write(Changes(holds=tuple(hold.unprompted() for hold in over)))


async def _delete(bot: Bot, group_id: GroupId, message_id: MessageId) -> None:
    try:
        await bot.telegram.delete(group_id, (message_id,))
    except RefusedError:
        return


def _needed(hold: Hold) -> bool:
    return hold.active and not hold.away


async def _tell(
    bot: Bot, group: Group, thread_id: ThreadId | None, people: Sequence[Hold], recent: _Told | None
) -> None:
    everybody = (*recent.people, *people) if recent else tuple(people)
    note = bot.voice.prompt(group, _missing(bot, group, everybody), everybody)
    if recent and await bot.telegram.edit(group.group_id, recent.prompt_id, note):
        prompt_id, concerned = recent.prompt_id, tuple(people)
    else:
        # Nothing recent, or an admin deleted it: then those whom it named are told again.
        prompt_id = await bot.telegram.send(Address(group.group_id, thread_id), note)
        concerned = everybody
    bot.pace.add(group.group_id)
    await _note(bot, prompt_id, concerned)


async def _note(bot: Bot, prompt_id: MessageId, concerned: Sequence[Hold]) -> None:
    """Write down which message names these people, again if whoever else wrote to their holds has won.

    A message of which nobody knows stays for ever; that one of them has it in their hold is enough.
    """
    now = bot.clock.now()
    for _ in range(MOST_NOTES):
        # The message may have waited for its turn: whoever is free by now needs it cleaned up.
        stored = await asyncio.gather(*(bot.store.hold(hold.group_id, hold.user_id) for hold in concerned))
        current = [new or old for new, old in zip(stored, concerned, strict=True)]
        owed = () if any(map(_needed, current)) else (bot.ledger.owe(Prompt(current[0].group_id)),)
        holds = tuple(hold.prompted(prompt_id, now) for hold in current)
        await bot.ledger.write(Changes(holds=holds, owed=owed))
        if await _is_noted(bot, prompt_id, concerned):
            return


async def _is_noted(bot: Bot, prompt_id: MessageId, concerned: Sequence[Hold]) -> bool:
    for hold in concerned:
        kept = await bot.store.hold(hold.group_id, hold.user_id)
        if kept is not None and kept.prompt_id == prompt_id:
            return True
    return False


def _missing(bot: Bot, group: Group, people: Iterable[Hold]) -> tuple[Channel, ...]:
    """Every channel that somebody here must join, in the order of the rule."""
    wanted: set[ChannelId] = {channel for hold in people for channel in hold.missing}
    return tuple(c for c in bot.guarded.channels_of(group) if c.channel_id in wanted)


def _by_thread(people: Sequence[Hold]) -> dict[ThreadId | None, list[Hold]]:
    threads: dict[ThreadId | None, list[Hold]] = defaultdict(list)
    for hold in people:
        threads[hold.thread_id].append(hold)
    return threads


def _recent(told: Sequence[Hold], thread_id: ThreadId | None, now: float) -> _Told | None:
    """Return the thread's newest prompt if it is recent enough to add names to."""
    prompts: dict[MessageId, list[Hold]] = defaultdict(list)
    for hold in told:
        if hold.prompt_id is not None and hold.thread_id == thread_id and _needed(hold):
            prompts[hold.prompt_id].append(hold)
    if not prompts:
        return None
    newest = max(prompts)
    sent_at = min(hold.prompted_at for hold in prompts[newest])
    if now - sent_at > TOGETHER_S:
        return None
    return _Told(newest, thread_id, sent_at, tuple(prompts[newest]))
