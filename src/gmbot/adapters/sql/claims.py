"""Taking up what is owed, each debt by one process at a time."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, update

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.tables import intents
from gmbot.domain.ids import BotId
from gmbot.gate.intents import Owed

# SQLite has no row locks and ignores them: there the transaction holds the only write lock.
_DUE = (
    select(
        intents.c.body,
        intents.c.due_at,
        intents.c.owed_at,
        intents.c.token,
        intents.c.attempts,
        intents.c.key,
    )
    .where(intents.c.bot_id == bindparam("bot"), intents.c.due_at <= bindparam("now"))
    .order_by(intents.c.urgency, intents.c.due_at, intents.c.key)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(intents)
    .where(intents.c.bot_id == bindparam("b_bot"), intents.c.key.in_(bindparam("b_keys", expanding=True)))
    .values(due_at=bindparam("b_until"))
)


def claim(db: Connection, bot: BotId, now: float, until: float, limit: int) -> tuple[list[Owed], int]:
    """Return what is due, kept from others `until` then, and how many debts this version cannot read."""
    found = db.execute(_DUE, {"bot": bot, "now": now, "limit": limit}).all()
    if not found:
        return [], 0
    db.execute(_LEASE, {"b_bot": bot, "b_keys": [row.key for row in found], "b_until": until})
    debts = [owed for row in found if (owed := rows.as_owed(row[:5])) is not None]
    return debts, len(found) - len(debts)
