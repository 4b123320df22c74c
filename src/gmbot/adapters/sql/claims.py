"""Taking up what is owed, each debt by one process at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Double, Integer, bindparam, case, func, select, update
from sqlalchemy.sql.selectable import CTE

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.quick import fetch
from gmbot.adapters.sql.tables import intents
from gmbot.domain.ids import BotId
from gmbot.gate.intents import URGENCY, Owed

_BOT = bindparam("bot", type_=BigInteger)


def _urgencies() -> CTE:
    """Every urgency that is owed, by one look into the index for each: what is due is never sorted."""
    mine = intents.c.bot_id == _BOT
    first = select(func.min(intents.c.urgency).label("urgency")).where(mine)
    found = first.cte("urgencies", recursive=True)
    later = select(func.min(intents.c.urgency)).where(mine, intents.c.urgency > found.c.urgency)
    return found.union_all(select(later.scalar_subquery()).where(found.c.urgency.is_not(None)))


_URGENCIES = _urgencies()
_FIRST_OF_EACH = (
    select(func.min(intents.c.due_at))
    .where(intents.c.bot_id == _BOT, intents.c.urgency == _URGENCIES.c.urgency)
    .scalar_subquery()
)
_DUE_URGENCIES = (
    select(_URGENCIES.c.urgency).where(bindparam("now") >= _FIRST_OF_EACH).order_by(_URGENCIES.c.urgency)
)
_NEXT_DUE = select(func.min(_FIRST_OF_EACH)).select_from(_URGENCIES)

_DUE = (
    select(
        intents.c.body,
        intents.c.due_at,
        intents.c.owed_at,
        intents.c.token,
        intents.c.attempts,
        intents.c.key,
    )
    .where(
        intents.c.bot_id == _BOT,
        intents.c.urgency == bindparam("urgency", type_=Integer),
        intents.c.due_at <= bindparam("now"),
    )
    .order_by(intents.c.due_at, intents.c.key)
    .limit(bindparam("limit"))
)
_LEASE = (
    update(intents)
    .where(intents.c.bot_id == bindparam("b_bot"), intents.c.key.in_(bindparam("b_keys", expanding=True)))
    .values(due_at=bindparam("b_until"))
)


_AHEAD = (
    select(intents.c.key)
    .where(
        intents.c.bot_id == bindparam("b_bot", type_=BigInteger),
        # Every one there is: only if they are named can the index be searched by `due_at`, its next column.
        intents.c.urgency.in_(sorted(set(URGENCY.values()))),
        intents.c.due_at > bindparam("b_latest"),
        (intents.c.attempts > 0) | (intents.c.owed_at > bindparam("b_latest")),
    )
    # SQLite has no row locks and ignores them: there the transaction holds the only write lock.
    .with_for_update(skip_locked=True)
)
_SINCE = case(
    (intents.c.owed_at > bindparam("b_now"), bindparam("b_now", type_=Double)), else_=intents.c.owed_at
)
_BRING_FORWARD = (
    update(intents)
    .where(intents.c.bot_id == bindparam("b_bot"), intents.c.key.in_(_AHEAD))
    .values(
        due_at=case(
            (intents.c.attempts > 0, bindparam("b_soon", type_=Double)),
            else_=intents.c.due_at - intents.c.owed_at + bindparam("b_now", type_=Double),
        ),
        owed_at=_SINCE,
    )
)
"""The few that are due so late are found by the index; whoever works on one of them has it."""

_AT_ONCE: Final = """
WITH RECURSIVE urgencies (urgency) AS (
    SELECT min(urgency) FROM intents WHERE bot_id = $1
    UNION ALL
    SELECT (SELECT min(i.urgency) FROM intents i WHERE i.bot_id = $1 AND i.urgency > u.urgency)
    FROM urgencies u WHERE u.urgency IS NOT NULL
), due AS MATERIALIZED (
    SELECT d.* FROM urgencies u CROSS JOIN LATERAL (
        SELECT i.body, i.due_at, i.owed_at, i.token, i.attempts, i.urgency, i.key FROM intents i
        WHERE i.bot_id = $1 AND i.urgency = u.urgency AND i.due_at <= $2
        ORDER BY i.due_at, i.key LIMIT $4 FOR UPDATE SKIP LOCKED
    ) d ORDER BY d.urgency, d.due_at, d.key LIMIT $4
)
UPDATE intents i SET due_at = $3 FROM due WHERE i.bot_id = $1 AND i.key = due.key
RETURNING due.body, due.due_at, due.owed_at, due.token, due.attempts, due.urgency, due.key"""
"""PostgreSQL's: one round trip instead of five."""


def claim(db: Connection, bot: BotId, now: float, until: float, limit: int) -> tuple[list[Owed], int]:
    """Return what is due, kept from others `until` then, and how many debts this version cannot read."""
    if db.dialect.name == "postgresql":
        taken = fetch(db, _AT_ONCE, (bot, now, until, limit))
        return _read(sorted(taken, key=_turn))
    found: list[rows.AnyRow] = []
    for urgency in db.scalars(_DUE_URGENCIES, {"bot": bot, "now": now}).all():
        left = {"bot": bot, "urgency": urgency, "now": now, "limit": limit - len(found)}
        found += db.execute(_DUE, left).all() if len(found) < limit else []
    if not found:
        return [], 0
    db.execute(_LEASE, {"b_bot": bot, "b_keys": [row.key for row in found], "b_until": until})
    return _read(found)


def _turn(row: Sequence[Any]) -> tuple[int, float, str]:
    """In which order debts are taken up."""
    return row[5], row[1], row[6]


def _read(found: Sequence[Sequence[Any]]) -> tuple[list[Owed], int]:
    debts = [owed for row in found if (owed := rows.as_owed(row[:5])) is not None]
    return debts, len(found) - len(debts)


def bring_forward(db: Connection, bot: BotId, now: float, latest: float, soon: float) -> None:
    """Have what failed and is due after `latest` be due at `soon`, and nothing be owed since then."""
    db.execute(_BRING_FORWARD, {"b_bot": bot, "b_now": now, "b_latest": latest, "b_soon": soon})


def next_due(db: Connection, bot: BotId) -> float | None:
    """Return when the next intent is due."""
    return db.execute(_NEXT_DUE, {"bot": bot}).scalar_one_or_none()
