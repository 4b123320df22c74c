"""Rows put into a migrated database by bulk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from benchmarks.town import Tables
from gmbot.adapters.sql.tables import metadata


def fill_sqlite(path: Path, tables: Tables) -> None:
    """Fill tables of a migrated file."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        for table, values in tables.items():
            columns = _columns(table)
            marks = ", ".join("?" * len(columns))
            lines = (tuple(row[column] for column in columns) for row in values())
            names = ", ".join(columns)
            db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", lines)
    db.close()


async def fill_postgres(url: str, tables: Tables) -> None:
    """Fill tables of a migrated database, and have its planner know how large they are."""
    db = await asyncpg.connect(url.replace("+asyncpg", ""))
    for table, values in tables.items():
        columns = _columns(table)
        lines = (tuple(row[column] for column in columns) for row in values())
        await db.copy_records_to_table(table, records=lines, columns=columns)
    # What has not reached the disk is not marked as visible to all, and no index alone answers then.
    await db.execute("SET synchronous_commit = on")
    await db.execute("VACUUM ANALYZE")
    await db.close()


def _columns(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].c]
