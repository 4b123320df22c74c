"""Old rows: found page by page in the order of their keys, so that no index on age costs every write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    TextClause,
    bindparam,
    delete,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.schema import Table
from sqlalchemy.sql.base import ReadOnlyColumnCollection
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
    set_aside,
    standings,
)
from gmbot.domain.ids import BotId
from gmbot.gate.ages import Aging, Key, Page

Columns = ReadOnlyColumnCollection[str, Any]

_LOWEST: Final = -(2**63)
_BEFORE = bindparam("before", type_=Double)
_UNREQUIRED_BEFORE = bindparam("unrequired_before", type_=Double)

Condition = Callable[[Columns], ColumnElement[bool]]


def _old(page: Columns) -> ColumnElement[bool]:
    age: Column[Any] = page.age
    return age < _BEFORE


def _any(*where: ColumnElement[bool] | TextClause) -> ColumnElement[bool]:
    """Whether there is such a row. PostgreSQL would answer EXISTS from a hash of the whole table."""
    return select(literal_column("1")).where(*where).limit(literal_column("1")).scalar_subquery().is_not(None)


def _stale(wanted: Condition) -> Condition:
    """Facts that are old, or of no concern; never about a person with an active hold."""

    def stale(page: Columns) -> ColumnElement[bool]:
        held = _any(holds.c.bot_id == page.bot_id, holds.c.user_id == page.user_id, ACTIVE)
        return or_(_old(page), (page.age < _UNREQUIRED_BEFORE) & ~wanted(page)) & ~held

    return stale


def _required(page: Columns) -> ColumnElement[bool]:
    return _any(channels.c.bot_id == page.bot_id, channels.c.channel_id == page.channel_id)


def _guarded(page: Columns) -> ColumnElement[bool]:
    return _any(groups.c.bot_id == page.bot_id, groups.c.group_id == page.group_id)


class Sheet(NamedTuple):
    """The two statements by which one table is pruned, and the names of its keys."""

    look: Select[Any]
    remove: Delete
    keys: tuple[str, ...]


def _sheet(age: Column[Any], is_old: Condition = _old) -> Sheet:
    """Return the statements about the table that `age` is in.

    A page is cut out before it is judged: a planner that sees the judgement first reads all of what it
    needs, for every page anew.
    """
    table = age.table
    assert isinstance(table, Table)  # noqa: S101 - a column of gmbot.adapters.sql.tables
    keys = [column for column in table.primary_key if column.name != "bot_id"]
    after = tuple_(*(bindparam(f"after_{column.name}", type_=BigInteger) for column in keys))
    mine = table.c.bot_id == bindparam("bot", type_=BigInteger)
    cut = (
        select(*table.primary_key, age.label("age"))
        .where(mine, tuple_(*keys) > after)
        .order_by(*keys)
        .limit(bindparam("limit", type_=Integer))
    )
    page = cut.subquery("page")
    there = [page.c[column.name] for column in keys]
    look = select(*there, is_old(page.c).label("old")).order_by(*there)
    remove = delete(table).where(mine, tuple_(*keys).in_(select(*there).where(is_old(page.c))))
    return Sheet(look, remove, tuple(column.name for column in keys))


_SHEETS: Final = {
    Aging.MEMBERSHIPS: _sheet(memberships.c.at, _stale(_required)),
    Aging.STANDINGS: _sheet(standings.c.at, _stale(_guarded)),
    Aging.HOLDS: _sheet(holds.c.over_since),
    Aging.APPLIED_UPDATES: _sheet(applied_updates.c.applied_at),
    Aging.AUDIT: _sheet(audit.c.at),
    Aging.SET_ASIDE: _sheet(set_aside.c.at),
}


class Found(NamedTuple):
    """The last key of a page, and whether there is anything to remove on it; `full` if more may follow."""

    last: Key
    old: bool
    full: bool


def look(db: Connection, bot: BotId, page: Page) -> Found:
    """Look through a page; nothing is locked."""
    found = db.execute(_SHEETS[page.table].look, _values(bot, page)).all()
    last = tuple(found[-1][:-1]) if found else page.after
    return Found(last, any(row.old for row in found), len(found) == page.limit)


def remove(db: Connection, bot: BotId, page: Page) -> int:
    """Remove what is old on a page; return how many rows are gone."""
    return db.execute(_SHEETS[page.table].remove, _values(bot, page)).rowcount


def _values(bot: BotId, page: Page) -> dict[str, Any]:
    keys = _SHEETS[page.table].keys
    after = zip(keys, page.after or [_LOWEST] * len(keys), strict=True)
    values: dict[str, Any] = {"bot": bot, "limit": page.limit, "before": page.before}
    if page.table in {Aging.MEMBERSHIPS, Aging.STANDINGS}:
        values["unrequired_before"] = page.unrequired_before
    return values | {f"after_{name}": value for name, value in after}
