"""Taps on the buttons of the brake's message, in the group or in its owner's private chat."""

from __future__ import annotations

import re
from typing import Final

from gmbot.domain.group import Group, PauseReason
from gmbot.domain.mass_flip import FlipCount
from gmbot.entrypoints.bot import brake_texts
from gmbot.entrypoints.bot.admins import refused
from gmbot.entrypoints.bot.commands import EVERYBODY
from gmbot.entrypoints.bot.replies import rewrite
from gmbot.entrypoints.bot.texts import DONE, GONE
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import AdminActed, GroupPaused
from gmbot.gate.incoming import ButtonTapped
from gmbot.gate.outgoing import Note
from gmbot.gate.pull_brake import release_brake
from gmbot.gate.unprotect_group import unprotect_group

_DATA: Final = re.compile(r"(go|stop|end|back):(-\d{1,19}):(\d{1,9}):(\d{1,9})")


async def answer_brake(bot: Bot, tap: ButtonTapped, rest: str) -> str:
    """Do what an admin of the group chose, and return the answer to the tap. Raises TransientError."""
    asked = _DATA.fullmatch(rest)
    group = bot.guarded.group(int(asked[2])) if asked else None
    if asked is None or group is None or not _in_reach(tap, group):
        return await _refuse(bot, tap, GONE)
    if refusal := await refused(bot, tap, group):
        return await _refuse(bot, tap, refusal)
    seen = FlipCount(int(asked[3]), int(asked[4]))
    match asked[1]:
        case "go":
            return await _resume(bot, tap, group)
        case "end":
            return await _stop(bot, tap, group)
        case "stop":
            return await _show(bot, tap, brake_texts.asks_again(group, seen))
        case _:
            return await _show(bot, tap, brake_texts.asks(group, seen))


def _in_reach(tap: ButtonTapped, group: Group) -> bool:
    """A modified client could name any group; only its own chat, or a private one, may speak of it."""
    return tap.chat is not None and tap.chat.chat_id in {group.group_id, tap.person.user_id}


async def _refuse(bot: Bot, tap: ButtonTapped, answer: str) -> str:
    await bot.ledger.write(Changes(update_id=tap.update_id))
    return answer


async def _show(bot: Bot, tap: ButtonTapped, note: Note) -> str:
    await rewrite(bot, tap, note)
    return ""


async def _resume(bot: Bot, tap: ButtonTapped, group: Group) -> str:
    async with bot.people((group.group_id, EVERYBODY)):
        latest = bot.guarded.group(group.group_id)
        if latest is None or latest.paused is not PauseReason.MASS_FLIP:
            return await _show(bot, tap, brake_texts.RUNS)
        bot.brake.forget(group.group_id)
        changes = release_brake(bot, latest, tap.person.user_id)
        await rewrite(bot, tap, brake_texts.resumed(latest), changes)
    bot.emit(GroupPaused(group.group_id, None))
    bot.emit(AdminActed(group.group_id, tap.person.user_id, "resume"))
    return DONE


async def _stop(bot: Bot, tap: ButtonTapped, group: Group) -> str:
    async with bot.people((group.group_id, EVERYBODY)):
        await rewrite(bot, tap, brake_texts.stopped(group), unprotect_group(bot, group, tap.person.user_id))
    bot.emit(AdminActed(group.group_id, tap.person.user_id, "unprotect"))
    return DONE
