"""Which migration a database is at."""

from __future__ import annotations

from sqlalchemy import Connection, String, column, inspect, select, table

_VERSION = select(column("version_num", String)).select_from(table("alembic_version"))


def stored_version(db: Connection) -> str | None:
    """Return the migration that the database is at; None if it has never been migrated."""
    if not inspect(db).has_table("alembic_version"):
        return None
    version: str | None = db.execute(_VERSION).scalar_one_or_none()
    return version
