"""`gmbot set-aside`: the updates that could not be handled, as a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gmbot.adapters.sql.database import open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.domain.errors import ConfigurationError, Unavailable
from gmbot.domain.ids import BotId, bot_of
from gmbot.gate.changes import SetAside
from gmbot.settings import Settings

WIDE: Final = 160

Kept = tuple[BotId, SetAside]


async def kept(settings: Settings, limit: int) -> list[Kept]:
    """Return what is kept of each bot of BOT_TOKEN, the newest first, at most `limit` of each.

    Raises ConfigurationError where the database cannot be read.
    """
    database = await open_database(settings.database_url.reveal())
    try:
        bots = [bot_of(token.reveal()) for token in settings.bot_tokens]
        return [(bot, one) for bot in bots for one in await _of(SqlStore(database, bot, _nobody), limit)]
    except Unavailable as error:
        raise ConfigurationError(f"DATABASE_URL names a database that cannot be read: {error}") from None
    finally:
        await database.close()


async def _of(store: SqlStore, limit: int) -> Sequence[SetAside]:
    return await store.set_aside(limit)


def _nobody(event: object) -> None:
    """Nobody listens."""


def show(found: Sequence[Kept], console: Console | None = None) -> None:
    """Print a line about each, with the shape of what it said under it."""
    console = console or Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = WIDE
    if not found:
        console.print("No update is set aside.")
        return
    table = Table(title="Updates that could not be handled", show_lines=True)
    for heading in ("Set aside (UTC)", "Bot", "Update", "Kind", "Error", "Place", "Tries"):
        table.add_column(heading, no_wrap=True)
    table.add_column("What it looked like", overflow="fold")
    for bot, one in found:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.at))
        cells = (
            at,
            str(bot),
            str(one.update_id),
            one.kind,
            one.error,
            one.place,
            str(one.tries),
            one.payload,
        )
        table.add_row(*map(Text, cells))
    console.print(table)
