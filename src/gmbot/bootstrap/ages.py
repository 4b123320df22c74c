"""How long rows are kept, by the settings, and how many there are."""

from __future__ import annotations

import contextlib

from gmbot.adapters.sql.database import Database
from gmbot.adapters.sql.sizes import row_counts
from gmbot.bootstrap.bot_at_work import BotAtWork
from gmbot.domain.errors import TransientError
from gmbot.gate.ages import DAY_S, Ages
from gmbot.gate.events import RowsCounted
from gmbot.gate.ports import Clock, Emit
from gmbot.gate.prune import Pruner
from gmbot.settings import Settings

COUNT_EVERY_S = 300.0


def ages(settings: Settings) -> Ages:
    """Return how long each kind of row is kept."""
    return Ages(
        facts_s=settings.keep_memberships_days * DAY_S,
        holds_s=settings.keep_holds_days * DAY_S,
        updates_s=settings.keep_updates_hours * 3600.0,
        audit_s=settings.keep_audit_days * DAY_S,
        set_aside_s=settings.keep_set_aside_days * DAY_S,
    )


def pruner(work: BotAtWork, settings: Settings) -> Pruner:
    """Return what forgets what nobody needs of one bot's."""
    bot = work.bot
    return Pruner(bot.store, ages(settings), bot.clock, bot.emit, telegram_now=bot.telegram.now)


async def tell_sizes(database: Database, emit: Emit, clock: Clock) -> None:
    """Tell every few minutes how many rows each table has, for ever; a database that fails is asked later."""
    while True:
        with contextlib.suppress(TransientError):
            emit(RowsCounted(dict(await database.read(row_counts))))
        await clock.sleep(COUNT_EVERY_S)
