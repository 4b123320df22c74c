"""Leave a group alone while GMBot cannot do its work there, and take it up again."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Group, PauseReason
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.events import GroupPaused
from gmbot.gate.intents import Owed, Resettle, Say
from gmbot.gate.outgoing import Address, Note


async def pause_group(bot: Bot, group: Group, reason: PauseReason) -> None:
    """Stop holding anybody in a group; its admins and owner are told once, however often this is called."""
    if group.paused is not None:
        return
    paused = msgspec.structs.replace(group, paused=reason)
    now = bot.clock.now()
    audit = AuditEntry(now, group.group_id, bot.user_id, "pause", detail=reason.value)
    owed = tell_admins(bot, group, bot.voice.paused(paused), f"paused:{int(now)}")
    await bot.ledger.write(Changes(groups=(paused,), owed=owed, audit=(audit,)))
    bot.emit(GroupPaused(group.group_id, reason.value))


async def resume_group(bot: Bot, group: Group) -> None:
    """Take a paused group up again, beginning with those who are held there."""
    if group.paused is None:
        return
    resumed = msgspec.structs.replace(group, paused=None)
    audit = AuditEntry(bot.clock.now(), group.group_id, bot.user_id, "resume", detail=group.paused.value)
    owed = (bot.ledger.owe(Resettle(group.group_id)),)
    await bot.ledger.write(Changes(groups=(resumed,), owed=owed, audit=(audit,)))
    bot.emit(GroupPaused(group.group_id, None))


def tell_admins(bot: Bot, group: Group, note: Note, occasion: str) -> tuple[Owed, ...]:
    """Return what is owed to tell the group and, in private, its owner; either may be out of reach."""
    addresses = (Address(group.group_id), Address(group.owner_id))
    return tuple(bot.ledger.owe(Say(f"{occasion}:{group.group_id}", to, note)) for to in addresses)
