"""Leave a group alone while GMBot cannot do its work there, and take it up again."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import msgspec

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.domain.group import Group, PauseReason
from gmbot.domain.ids import UserId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.events import GroupPaused
from gmbot.gate.intents import Owed, Prompt, Resettle, Say
from gmbot.gate.outgoing import Address, Note

FOR_WANT_OF_RIGHTS = frozenset({PauseReason.RIGHTS_MISSING, PauseReason.BOT_REMOVED})
"""Pauses that end by themselves when the bot is given what it lacks."""

NOBODY = UserId(0)
"""Whose turn it is when a whole group is changed."""


async def pause_group(bot: Bot, group: Group, reason: PauseReason, note: Note | None = None) -> bool:
    """Stop holding anybody in a group; its admins and owner are told once, however often this is called.

    They are told `note`, or else what the reason means. False if the group was paused already.
    """
    async with _turn(bot, group):
        known = bot.guarded.group(group.group_id)
        if known is None or known.paused is not None:
            return False
        paused = msgspec.structs.replace(known, paused=reason)
        now = bot.clock.now()
        audit = AuditEntry(now, group.group_id, bot.user_id, "pause", detail=reason.value)
        owed = tell_admins(bot, group, note or bot.voice.paused(paused), f"paused:{int(now)}")
        await bot.ledger.write(Changes(groups=(paused,), owed=owed, audit=(audit,)))
    bot.emit(GroupPaused(group.group_id, reason.value))
    return True


async def resume_group(bot: Bot, group: Group) -> None:
    """Take a paused group up again, beginning with those who are held there."""
    async with _turn(bot, group):
        known = bot.guarded.group(group.group_id)
        if known is None or known.paused is None:
            return
        resumed = msgspec.structs.replace(known, paused=None)
        audit = AuditEntry(bot.clock.now(), group.group_id, bot.user_id, "resume", detail=known.paused.value)
        owed = (bot.ledger.owe(Resettle(group.group_id)), bot.ledger.owe(Prompt(group.group_id)))
        await bot.ledger.write(Changes(groups=(resumed,), owed=owed, audit=(audit,)))
    bot.emit(GroupPaused(group.group_id, None))


async def recheck_groups(bot: Bot) -> None:
    """Look whether the bot can work again where it could not: an update that says so may be missed."""
    for group in bot.guarded.groups:
        if group.paused in FOR_WANT_OF_RIGHTS and await _may_restrict(bot, group):
            await resume_group(bot, group)


async def _may_restrict(bot: Bot, group: Group) -> bool:
    try:
        admins = await bot.telegram.administrators(group.group_id)
    except (RefusedError, TransientError):
        return False
    return any(admin.user_id == bot.user_id and "can_restrict_members" in admin.rights for admin in admins)


def _turn(bot: Bot, group: Group) -> AbstractAsyncContextManager[None]:
    """One at a time for each group: people who are refused together tell its admins once."""
    return bot.people((group.group_id, NOBODY))


def tell_admins(bot: Bot, group: Group, note: Note, occasion: str) -> tuple[Owed, ...]:
    """Return what is owed to tell the group and, in private, its owner; either may be out of reach."""
    addresses = (Address(group.group_id), Address(group.owner_id))
    return tuple(bot.ledger.owe(Say(f"{occasion}:{group.group_id}", to, note)) for to in addresses)
