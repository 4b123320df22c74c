"""/sweep: what it would do, and the buttons that begin it or do not."""

from __future__ import annotations

from typing import Final

from gmbot.entrypoints.bot import sweep_texts
from gmbot.entrypoints.bot.admins import commanded, refused
from gmbot.entrypoints.bot.replies import reply, rewrite
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.events import AdminActed
from gmbot.gate.incoming import ButtonTapped, MessageSeen
from gmbot.gate.sweep_group import estimate
from gmbot.gate.sweeps import Sweep, SweepKind

KEPT_S: Final = 86_400.0
"""How long the message stays: a sweep of a large group takes hours."""


async def command_sweep(bot: Bot, message: MessageSeen) -> None:
    """Answer /sweep: what would be asked and done, and a button. Raises TransientError."""
    group = await commanded(bot, message)
    if group is None:
        return
    if not group.enforced:
        await reply(bot, message, sweep_texts.PAUSED)
    else:
        seen = await estimate(bot, group, bot.sweeping.ages.terms(SweepKind.DEMAND))
        note = sweep_texts.estimate(group, seen, bot.sweeping.rate_per_s)
        await reply(bot, message, note, lifetime_s=KEPT_S)


async def answer_sweep(bot: Bot, tap: ButtonTapped, choice: str) -> str:
    """Begin a sweep, or do not; return the answer to the tap. Raises TransientError."""
    group = bot.guarded.group(tap.chat.chat_id) if tap.chat else None
    refusal = await refused(bot, tap, group)
    if refusal or group is None or tap.chat is None:
        await bot.ledger.write(Changes(update_id=tap.update_id))
        return refusal
    if choice != "go":
        await rewrite(bot, tap, sweep_texts.LEFT_ALONE)
        return ""
    if await _at_it(bot, group.group_id):
        await bot.ledger.write(Changes(update_id=tap.update_id))
        return sweep_texts.RUNS
    now = bot.clock.now()
    total = (await estimate(bot, group, bot.sweeping.ages.terms(SweepKind.DEMAND))).people
    sweep = Sweep(
        group.group_id,
        SweepKind.DEMAND,
        now,
        total=total,
        chat_id=tap.chat.chat_id,
        told=tap.message_id,
    )
    audit = AuditEntry(now, group.group_id, tap.person.user_id, "sweep")
    changes = Changes(sweeps=(sweep,), audit=(audit,))
    await rewrite(bot, tap, sweep_texts.progress(group, sweep), changes)
    bot.emit(AdminActed(group.group_id, tap.person.user_id, "sweep"))
    return sweep_texts.BEGUN


async def _at_it(bot: Bot, group_id: int) -> bool:
    """Whether a sweep that was asked for is under way."""
    known = await bot.store.sweeps()
    mine = (sweep for sweep in known if sweep.group_id == group_id and sweep.kind is SweepKind.DEMAND)
    return any(sweep.finished_at is None for sweep in mine)
