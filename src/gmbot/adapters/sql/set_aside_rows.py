"""Updates that could not be handled, kept for an operator to look at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Connection, Integer, bindparam, select

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.tables import set_aside
from gmbot.domain.ids import BotId
from gmbot.gate.changes import SetAside

_ABOVE_ALL = 2**62
"""Above any update's id: a search with a bound is seen to read a part of the table only."""

_LAST = (
    select(*(set_aside.c[name] for name in SetAside.__struct_fields__))
    .where(
        set_aside.c.bot_id == bindparam("bot", type_=BigInteger),
        set_aside.c.update_id < bindparam("before", type_=BigInteger),
    )
    .order_by(set_aside.c.update_id.desc())
    .limit(bindparam("limit", type_=Integer))
)


def last(db: Connection, bot: BotId, limit: int) -> list[SetAside]:
    """Return the last ones, newest first."""
    return [SetAside(*row) for row in db.execute(_LAST, {"bot": bot, "before": _ABOVE_ALL, "limit": limit})]


def values(bot: BotId, updates: Sequence[SetAside]) -> list[rows.Values]:
    """Return their rows, one for each update."""
    last_of = {one.update_id: one for one in updates}
    return [_row(bot, last_of[update_id]) for update_id in sorted(last_of)]


def _row(bot: BotId, one: SetAside) -> rows.Values:
    fields = msgspec.structs.asdict(one)
    texts = {name: rows.storable(value) for name, value in fields.items() if isinstance(value, str)}
    return {"bot_id": bot, **fields, **texts}
