"""The brake: when members seem to leave en masse, pause the group and let its admins look."""

from __future__ import annotations

import msgspec

from gmbot.domain.group import Group, PauseReason
from gmbot.domain.ids import UserId
from gmbot.domain.mass_flip import FlipCount
from gmbot.gate.bot import Bot
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.events import BrakePulled
from gmbot.gate.intents import Prompt, Resettle
from gmbot.gate.pause_group import pause_group
from gmbot.gate.sweeps import Sweep, SweepKind

ACCEPTED_S = 3600
"""After an admin said that a mass flip is real, how long nobody asks again."""


async def pull_brake(bot: Bot, group: Group, seen: FlipCount) -> None:
    """Pause a group in which too many turned OUT; its admins are asked once what to do."""
    if await pause_group(bot, group, PauseReason.MASS_FLIP, bot.voice.mass_flip(group, seen)):
        bot.emit(BrakePulled(group.group_id, seen.flipped, seen.checked))


def release_brake(bot: Bot, group: Group, actor_id: UserId) -> Changes:
    """Return what to write so that a group is guarded again although many of its members turned OUT."""
    now = bot.clock.now()
    accepted = msgspec.structs.replace(group.settings, flips_accepted_until=now + ACCEPTED_S)
    resumed = msgspec.structs.replace(group, paused=None, settings=accepted)
    audit = AuditEntry(now, group.group_id, actor_id, "resume", detail=PauseReason.MASS_FLIP.value)
    look = Sweep(group.group_id, SweepKind.RESUMED, now)
    owed = (bot.ledger.owe(Resettle(group.group_id)), bot.ledger.owe(Prompt(group.group_id)))
    return Changes(groups=(resumed,), owed=owed, audit=(audit,), sweeps=(look,))
