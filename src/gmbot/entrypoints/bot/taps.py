"""Taps on inline buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from gmbot.domain.ids import GroupId
from gmbot.entrypoints.bot import admin_texts, menus, texts
from gmbot.entrypoints.bot.admins import refused
from gmbot.entrypoints.bot.brake_taps import answer_brake
from gmbot.entrypoints.bot.commands import EVERYBODY
from gmbot.entrypoints.bot.replies import CHATTER_S, rewrite
from gmbot.entrypoints.bot.sweep_taps import answer_sweep
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.choose_settings import Choice, choose
from gmbot.gate.confirm_channel import Standing, confirm_channel, group_of, read_code
from gmbot.gate.events import AdminActed
from gmbot.gate.incoming import ButtonTapped, ChatKind
from gmbot.gate.intents import Owed, Say
from gmbot.gate.outgoing import Address
from gmbot.gate.protect_group import ProtectOutcome
from gmbot.gate.unprotect_group import unprotect_group
from gmbot.gate.verify import Verification, VerifyOutcome, note_tap, verify

Answer = Callable[[], Awaitable[str]]
"""What finds the answer to a tap, after everything that must not be lost is stored."""


_PRIVATE = frozenset({"menu", "ok", "refuse"})
"""What only private chats have buttons for; elsewhere a modified client could rewrite what others read."""


async def run_tap(bot: Bot, tap: ButtonTapped) -> Answer:
    """Store what a tap changes, and return what finds its answer. Raises TransientError."""
    verb, _, rest = tap.data.partition(":")
    if verb == texts.VERIFY:
        owed = await note_tap(bot, tap)
        return lambda: _verified(bot, tap, owed)
    if verb in _PRIVATE and (tap.chat is None or tap.chat.kind is not ChatKind.PRIVATE):
        verb = ""
    answer = await _run(bot, tap, verb, rest)
    return lambda: _already(answer)


async def _already(answer: str) -> str:
    return answer


async def _run(bot: Bot, tap: ButtonTapped, verb: str, rest: str) -> str:
    match verb:
        case "menu":
            await rewrite(bot, tap, menus.page(rest, bot.me.username))
            return ""
        case "unprotect" | "keep":
            return await _unprotect(bot, tap, verb, rest)
        case "flip":
            return await answer_brake(bot, tap, rest)
        case "sweep":
            return await answer_sweep(bot, tap, rest)
        case "set":
            return await _choose(bot, tap, rest)
        case "ok":
            return await _confirm(bot, tap, rest)
        case "refuse":
            await rewrite(bot, tap, admin_texts.CONFIRM_REFUSED)
            return ""
        case _:
            await bot.ledger.write(Changes(update_id=tap.update_id))
            return texts.GONE


async def _verified(bot: Bot, tap: ButtonTapped, owed: tuple[Owed, ...]) -> str:
    outcome: VerifyOutcome = await verify(bot, tap, owed)
    if outcome.result is Verification.MISSING:
        return texts.missing_answer(outcome.missing)
    return _VERIFIED[outcome.result]


_VERIFIED = {
    Verification.NOT_GUARDED: texts.NOT_GUARDED,
    Verification.FREE: texts.ALREADY_FREE,
    Verification.WELCOME: texts.WELCOME,
    Verification.UNSURE: texts.UNSURE,
}


async def _unprotect(bot: Bot, tap: ButtonTapped, verb: str, rest: str) -> str:
    group = bot.guarded.group(tap.chat.chat_id) if tap.chat else None
    asker_id = int(rest) if rest.isdecimal() else 0
    refusal = await refused(bot, tap, group)
    if not refusal and asker_id not in {0, tap.person.user_id}:
        refusal = texts.NOT_YOURS
    if refusal or group is None:
        await bot.ledger.write(Changes(update_id=tap.update_id))
        return refusal
    if verb == "keep":
        await rewrite(bot, tap, admin_texts.KEPT)
        return texts.DONE
    async with bot.people((group.group_id, EVERYBODY)):
        await rewrite(bot, tap, admin_texts.UNPROTECTED, unprotect_group(bot, group, tap.person.user_id))
    bot.emit(AdminActed(group.group_id, tap.person.user_id, "unprotect"))
    return texts.DONE


async def _choose(bot: Bot, tap: ButtonTapped, rest: str) -> str:
    group = bot.guarded.group(tap.chat.chat_id) if tap.chat else None
    refusal = await refused(bot, tap, group)
    if refusal or group is None or rest not in set(Choice):
        await bot.ledger.write(Changes(update_id=tap.update_id))
        return refusal or texts.GONE
    async with bot.people((group.group_id, EVERYBODY)):
        latest = bot.guarded.group(group.group_id) or group
        chosen, changes = choose(bot, latest, Choice(rest), tap.person.user_id)
        await rewrite(bot, tap, texts.settings(chosen, bot.guarded.channels_of(chosen)), changes)
    bot.emit(AdminActed(group.group_id, tap.person.user_id, f"settings_{rest}"))
    return texts.DONE


def _told_in_group(bot: Bot, tap: ButtonTapped, group_id: GroupId, outcome: ProtectOutcome) -> Changes:
    """Those who asked wait in the group for what became of it."""
    if not outcome.changes.groups:
        return outcome.changes
    note = admin_texts.protected(outcome, bot.me.username)
    say = Say(str(tap.update_id), Address(group_id), note, CHATTER_S)
    return msgspec.structs.replace(outcome.changes, owed=(*outcome.changes.owed, bot.ledger.owe(say)))


async def _confirm(bot: Bot, tap: ButtonTapped, code: str) -> str:
    asked = await read_code(bot, code, tap.person)
    if asked.standing is not Standing.MAY_CONFIRM:
        await rewrite(bot, tap, admin_texts.confirmation(code, asked))
        return ""
    group_id: GroupId = group_of(asked)
    async with bot.people((group_id, EVERYBODY)):
        outcome = await confirm_channel(bot, asked, tap.person)
        note = admin_texts.confirmed(outcome, asked.group)
        await rewrite(bot, tap, note, _told_in_group(bot, tap, group_id, outcome))
    if outcome.changes.groups:
        bot.emit(AdminActed(group_id, tap.person.user_id, "protect"))
    return texts.DONE
