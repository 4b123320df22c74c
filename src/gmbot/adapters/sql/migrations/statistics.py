"""What SQLite's planner is told of the tables, once and for all.

Without statistics it takes ten rows to share a `bot_id` and reads all of a bot's; with measured ones a
database that was small when it was measured would be planned for as small for ever. So it is told that every
table is large and that each further column of an index narrows the search: sqlite_stat1 is meant to be
filled by whoever wants stable plans (https://www.sqlite.org/queryplanner-ng.html).
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_ROWS = 1_000_000
_NARROWS = 100
"""By how much each column after `bot_id` is taken to narrow a search."""

_INDEXES = text(
    "SELECT t.name AS tbl, i.name AS idx, i.origin = 'pk' AND t.wr AS own,"
    " (SELECT count(*) FROM pragma_index_info(i.name)) AS columns"
    " FROM pragma_table_list AS t, pragma_index_list(t.name) AS i"
    " WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE 'alembic%'"
)
_PUT = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:tbl, :idx, :stat)")


def tell_planner(db: Connection) -> None:
    """Replace the statistics of every table that there is; with none there are no statistics."""
    db.exec_driver_sql("ANALYZE sqlite_schema")
    db.exec_driver_sql("DELETE FROM sqlite_stat1")
    indexes = db.execute(_INDEXES).all()
    for tbl, idx, own, columns in indexes:
        # The primary key of a table without row ids goes by the table's name.
        db.execute(_PUT, {"tbl": tbl, "idx": tbl if own else idx, "stat": _statistic(columns)})
    db.exec_driver_sql("ANALYZE sqlite_schema" if indexes else "DROP TABLE sqlite_stat1")


def _statistic(columns: int) -> str:
    alike = [max(1, _ROWS // _NARROWS**place) for place in range(columns)]
    return " ".join(str(number) for number in [_ROWS, *alike])
