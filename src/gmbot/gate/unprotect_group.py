"""Stop guarding a group, and release whom it held."""

from __future__ import annotations

from gmbot.domain.group import Group
from gmbot.domain.ids import UserId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.intents import Resettle


def unprotect_group(bot: Bot, group: Group, actor_id: UserId) -> Changes:
    """Return what to write so that nothing is required in the group any more."""
    audit = AuditEntry(bot.clock.now(), group.group_id, actor_id, "unprotect")
    owed = (bot.ledger.owe(Resettle(group.group_id)),)
    return Changes(unguarded=(group.group_id,), audit=(audit,), owed=owed)
