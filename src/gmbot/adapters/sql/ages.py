"""Old rows: found page by page in the order of their keys, so that no index on age costs every write."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    Integer,
    bindparam,
    delete,
    exists,
    or_,
    select,
    tuple_,
)
from sqlalchemy.schema import Table
from sqlalchemy.sql.dml import Delete
from sqlalchemy.sql.selectable import Select

from gmbot.adapters.sql.tables import (
    ACTIVE,
    applied_updates,
    audit,
    channels,
    groups,
    holds,
    memberships,
    standings,
)
from gmbot.domain.ids import BotId
from gmbot.gate.ages import Aging, Key, Page

_LOWEST: Final = -(2**63)
_BEFORE = bindparam("before", type_=Double)
_UNREQUIRED_BEFORE = bindparam("unrequired_before", type_=Double)

_FREE = ~exists().where(
    holds.c.bot_id == memberships.c.bot_id, holds.c.user_id == memberships.c.user_id, ACTIVE
).correlate(memberships)
_FREE_HERE = ~exists().where(
    holds.c.bot_id == standings.c.bot_id, holds.c.user_id == standings.c.user_id, ACTIVE
).correlate(standings)
_REQUIRED = (
    exists()
    .where(channels.c.bot_id == memberships.c.bot_id, channels.c.channel_id == memberships.c.channel_id)
    .correlate(memberships)
)
_GUARDED = (
    exists()
    .where(groups.c.bot_id == standings.c.bot_id, groups.c.group_id == standings.c.group_id)
    .correlate(standings)
)


def _stale(at: ColumnElement[Any], wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(at < _BEFORE, (at < _UNREQUIRED_BEFORE) & ~wanted)


class Sheet(NamedTuple):
    """The two statements by which one table is pruned."""

    look: Select[Any]
    remove: Delete


def _sheet(table: Table, old: ColumnElement[bool]) -> Sheet:
    keys = [column for column in table.primary_key if column.name != "bot_id"]
    first = tuple_(*(bindparam(f"a_{column.name}", type_=BigInteger) for column in keys))
    last = tuple_(*(bindparam(f"z_{column.name}", type_=BigInteger) for column in keys))
    mine = table.c.bot_id == bindparam("bot", type_=BigInteger)
    look = (
        select(*keys, old.label("old"))
        .where(mine, tuple_(*keys) > first)
        .order_by(*keys)
        .limit(bindparam("limit", type_=Integer))
    )
    return Sheet(look, delete(table).where(mine, tuple_(*keys) > first, tuple_(*keys) <= last, old))


_SHEETS: Final = {
    Aging.MEMBERSHIPS: _sheet(memberships, _stale(memberships.c.at, _REQUIRED) & _FREE),
    Aging.STANDINGS: _sheet(standings, _stale(standings.c.at, _GUARDED) & _FREE_HERE),
    Aging.HOLDS: _sheet(holds, holds.c.over_since < _BEFORE),
    Aging.APPLIED_UPDATES: _sheet(applied_updates, applied_updates.c.applied_at < _BEFORE),
    Aging.AUDIT: _sheet(audit, audit.c.at < _BEFORE),
}


class Found(NamedTuple):
    """The last key of a page, and whether there is anything to remove on it; `full` if more may follow."""

    last: Key
    old: bool
    full: bool


def look(db: Connection, bot: BotId, page: Page) -> Found:
    """Look through a page; nothing is locked."""
    values = {"limit": page.limit, **_values(bot, page, "a", page.after)}
    found = db.execute(_SHEETS[page.table].look, values).all()
    last = tuple(found[-1][:-1]) if found else page.after
    return Found(last, any(row.old for row in found), len(found) == page.limit)


def remove(db: Connection, bot: BotId, page: Page, last: Key) -> int:
    """Remove what is old on a page that ends with `last`; return how many rows are gone."""
    values = {**_values(bot, page, "a", page.after), **_keyed(page.table, "z", last)}
    return db.execute(_SHEETS[page.table].remove, values).rowcount


def _values(bot: BotId, page: Page, edge: str, key: Key) -> dict[str, Any]:
    values: dict[str, Any] = {"bot": bot, "before": page.before}
    if page.table in {Aging.MEMBERSHIPS, Aging.STANDINGS}:
        values["unrequired_before"] = page.unrequired_before
    return {**values, **_keyed(page.table, edge, key)}


def _keyed(table: Aging, edge: str, key: Key) -> dict[str, int]:
    names = [column.name for column in _SHEETS[table].look.selected_columns if column.name != "old"]
    return {f"{edge}_{name}": value for name, value in zip(names, key or [_LOWEST] * len(names), strict=True)}
