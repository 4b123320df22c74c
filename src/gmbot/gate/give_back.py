"""Give back what a call of ours overwrote: an admin's ban or mute that raced with it."""

from __future__ import annotations

from typing import Final

import msgspec

from gmbot.domain.errors import ChatUnusable, PersonProtected, RefusedError, RightsMissing, Unavailable
from gmbot.domain.hold import EndReason, Hold, bears_mark
from gmbot.domain.membership import Source
from gmbot.domain.plan import TELEGRAM_SHORTEST_S
from gmbot.domain.standing import Standing, Status
from gmbot.gate.bot import Bot
from gmbot.gate.intents import Owed, Restore

ASKED_WHOSE: Final = 8
"""So often it is looked whether an event tells who decided what is found; then it is taken for an admin."""

OUR_RELEASES: Final = frozenset({EndReason.QUALIFIED, EndReason.UNPROTECTED, EndReason.CHANNEL_UNUSABLE})


async def give_back(bot: Bot, owed: Owed, intent: Restore) -> None:
    """Ban or restrict somebody as an admin had, unless an admin has decided otherwise since.

    Raises Unavailable while the bot may not, or while nobody has told whose decision is found there.
    """
    now, end = bot.telegram.now(), intent.restriction.until
    if 0 < end <= now or await _decided_anew(bot, owed, intent):
        return
    # An end too near would be taken for "for ever": a minute too long does less harm.
    until = max(end, int(now) + TELEGRAM_SHORTEST_S) if end else 0
    given_back = msgspec.structs.replace(intent.restriction, until=until)
    try:
        if intent.banned:
            await bot.telegram.ban(intent.group_id, intent.user_id, until)
        else:
            await bot.telegram.restrict(intent.group_id, intent.user_id, given_back)
    except PersonProtected:
        return
    except (RightsMissing, ChatUnusable) as error:
        # Only a bot that has its rights again can undo what it did: until then it stays owed.
        raise Unavailable(str(error)) from error


async def _decided_anew(bot: Bot, owed: Owed, intent: Restore) -> bool:
    """Whether an admin has decided otherwise since our call: that is what stays.

    Raises Unavailable while no event has told whose decision it is: we may just have given back an older one.
    """
    try:
        found = (await bot.questions.standing(intent.group_id, intent.user_id)).standing
    except RefusedError:
        return False
    record = await bot.store.person(intent.group_id, intent.user_id, ())
    told = record.standing
    if told is not None and told.stamp.source is Source.EVENT and _alike(told, found):
        by_admin = told.by not in {None, intent.user_id}
        # Whom an admin adds to a group keeps a mute of ours, but was meant to be let in.
        return by_admin and (intent.banned or not bears_mark(intent.group_id, intent.user_id, found))
    if _as_we_left(intent, found) or _freed_by_us(record.hold, found):
        return False
    if owed.attempts < ASKED_WHOSE:
        raise Unavailable("nobody has told yet who decided that")
    return True


def _as_we_left(intent: Restore, found: Standing) -> bool:
    """Whether our call made somebody what they are, or giving back has been done already."""
    if found.status is Status.LEFT or bears_mark(intent.group_id, intent.user_id, found):
        return True
    if intent.banned:
        return found.status is Status.KICKED and found.restriction == intent.restriction
    here = found.status in {Status.MEMBER, Status.RESTRICTED}
    return here and found.restriction in {intent.restriction, intent.instead}


def _freed_by_us(hold: Hold | None, found: Standing) -> bool:
    """Whether our release made somebody what they are."""
    released = hold is not None and hold.end in OUR_RELEASES and found.restriction == hold.prior
    return released and found.status in {Status.MEMBER, Status.RESTRICTED}


def _alike(one: Standing, other: Standing) -> bool:
    return one.status is other.status and one.restriction == other.restriction
