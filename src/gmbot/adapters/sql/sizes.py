"""How many rows each table has, cheaply: PostgreSQL's own estimate, SQLite's count of its smallest index."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, text
from sqlalchemy.schema import Table

from gmbot.adapters.sql.tables import metadata

_COUNTED_AT_MOST = 100_000
"""How far rows are counted that PostgreSQL has not estimated yet, as it soon will."""

_ESTIMATES = text(
    "SELECT relname, CASE WHEN reltuples > 0 AND relpages > 0"
    " THEN reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int)"
    " ELSE -1 END FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


def row_counts(db: Connection) -> Mapping[str, int]:
    """Return the number of rows of each of GMBot's tables; on PostgreSQL an estimate."""
    if db.dialect.name == "sqlite":
        return {name: _counted(db, table, None) for name, table in metadata.tables.items()}
    estimates: dict[str, float] = {row[0]: row[1] for row in db.execute(_ESTIMATES)}
    return {
        name: _counted(db, table, _COUNTED_AT_MOST) if estimates.get(name, -1) < 0 else round(estimates[name])
        for name, table in metadata.tables.items()
    }


def _counted(db: Connection, table: Table, at_most: int | None) -> int:
    if at_most is None:
        return db.execute(select(func.count()).select_from(table)).scalar_one()
    some = select(table.c.bot_id).limit(at_most).subquery()
    return db.execute(select(func.count()).select_from(some)).scalar_one()
