"""Verify: somebody says that they have joined; believe Telegram, and answer within a second."""

from __future__ import annotations

import contextlib
import enum

import msgspec

from gmbot.domain.errors import RefusedError, TransientError, Unavailable
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import bears_mark
from gmbot.domain.ids import UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.verdict import Judgement, Verdict
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.incoming import ButtonTapped
from gmbot.gate.intents import Owed, Settle
from gmbot.gate.settle import Case, owed_elsewhere, settle
from gmbot.resilience.deadline import deadline
from gmbot.resilience.fallback import with_fallback

ANSWER_WITHIN_S = 0.9


class Verification(enum.StrEnum):
    """How a tap on Verify ended."""

    NOT_GUARDED = "not_guarded"
    FREE = "free"
    WELCOME = "welcome"
    MISSING = "missing"
    UNSURE = "unsure"


class VerifyOutcome(msgspec.Struct, frozen=True):
    """What to answer; `missing` names every channel still to join."""

    result: Verification
    missing: tuple[Channel, ...] = ()


async def note_tap(bot: Bot, tap: ButtonTapped) -> tuple[Owed, ...]:
    """Store that the tapper's case must be looked at, before the tap is acknowledged; return that debt."""
    group = _group(bot, tap)
    hold = await bot.store.hold(group.group_id, tap.person.user_id) if group else None
    owed: tuple[Owed, ...] = ()
    if group is not None and hold is not None and hold.active:
        look = Settle(group.group_id, tap.person.user_id, tap.person.name, anew=True)
        owed = (bot.ledger.owe(look, delay_s=1),)
    await bot.ledger.write(Changes(update_id=tap.update_id, owed=owed))
    return owed


async def verify(bot: Bot, tap: ButtonTapped, owed: tuple[Owed, ...]) -> VerifyOutcome:
    """Return what to tell the tapper, after settling their case and nobody else's.

    A tap concerns the person who tapped, whoever the message was written for. What was `owed` for it
    is paid unless Telegram has not told enough yet.
    """
    outcome = await _verified(bot, tap)
    if owed and outcome.result is not Verification.UNSURE:
        with contextlib.suppress(TransientError):
            await bot.ledger.write(Changes(paid=owed))
    return outcome


async def _verified(bot: Bot, tap: ButtonTapped) -> VerifyOutcome:
    group = _group(bot, tap)
    if group is None or not group.rule.channels:
        return VerifyOutcome(Verification.NOT_GUARDED)
    return await with_fallback(lambda: _found_out(bot, group, tap), _unsure)


async def _found_out(bot: Bot, group: Group, tap: ButtonTapped) -> VerifyOutcome:
    async with deadline(ANSWER_WITHIN_S):
        hold = await bot.store.hold(group.group_id, tap.person.user_id)
        if (hold is None or not hold.active) and not await _holds_on(bot, group, tap):
            return VerifyOutcome(Verification.FREE)
        return await _settled(bot, group, tap)


async def _unsure() -> VerifyOutcome:
    return VerifyOutcome(Verification.UNSURE)


async def _holds_on(bot: Bot, group: Group, tap: ButtonTapped) -> bool:
    """Whether Telegram has a hold of ours that no record tells of: it is found again when its person asks."""
    try:
        learnt = await bot.questions.standing(group.group_id, tap.person.user_id)
    except RefusedError:
        return False
    if not bears_mark(group.group_id, tap.person.user_id, learnt.standing):
        return False
    look = Settle(group.group_id, tap.person.user_id, tap.person.name, anew=True)
    await bot.ledger.write(Changes(standings=(learnt,), owed=(bot.ledger.owe(look, delay_s=1),)))
    return True


async def _settled(bot: Bot, group: Group, tap: ButtonTapped) -> VerifyOutcome:
    sure = await ask_again(bot, group, tap.person.user_id)
    since = bot.clock.now()
    verdict = await settle(bot, Case(group.group_id, tap.person.user_id, since, name=tap.person.name))
    if not sure and verdict.judgement is Judgement.HELD:
        raise Unavailable("whether somebody has joined is still unknown")
    return _outcome(bot, verdict)


async def ask_again(bot: Bot, group: Group, user_id: UserId) -> bool:
    """Ask about every channel that somebody was not IN; return whether all was answered.

    Whoever taps has probably just joined: what was OUT a moment ago may not be so any more.
    """
    record = await bot.knowledge.record(group.group_id, user_id, group.rule.channels)
    inside = {c for c, fact in record.memberships.items() if fact.state is MembershipState.IN}
    doubtful = [c for c in group.rule.channels if c not in inside and c not in bot.guarded.unusable]
    learnt = await bot.questions.memberships(user_id, doubtful, urgent=True)
    known_now = tuple(one for one in learnt if one.membership.known)
    owed = owed_elsewhere(bot, record.memberships, known_now)
    await bot.ledger.write(Changes(memberships=known_now, owed=owed))
    return len(known_now) == len(learnt)


def _outcome(bot: Bot, verdict: Verdict) -> VerifyOutcome:
    if verdict.judgement is Judgement.ALLOWED:
        return VerifyOutcome(Verification.WELCOME)
    missing = (bot.guarded.channel(channel) for channel in verdict.missing)
    return VerifyOutcome(Verification.MISSING, tuple(c for c in missing if c is not None))


def _group(bot: Bot, tap: ButtonTapped) -> Group | None:
    return bot.guarded.group(tap.chat.chat_id) if tap.chat else None
