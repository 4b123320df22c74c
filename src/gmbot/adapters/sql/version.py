"""Which migration a database is at, and whether it can be read and written at all."""

from __future__ import annotations

from sqlalchemy import Connection, String, column, inspect, select, table, text

_VERSION = select(column("version_num", String)).select_from(table("alembic_version"))


def stored_version(db: Connection) -> str | None:
    """Return the migration that the database is at; None if it has never been migrated."""
    if not inspect(db).has_table("alembic_version"):
        return None
    version: str | None = db.execute(_VERSION).scalar_one_or_none()
    return version


def look(db: Connection) -> None:
    """Return if the database answers."""
    db.execute(text("SELECT 1"))


def touch(db: Connection) -> None:
    """Change nothing, but need all that a change needs: a writable primary or file, and room on the disk."""
    db.execute(text("UPDATE alembic_version SET version_num = version_num"))
