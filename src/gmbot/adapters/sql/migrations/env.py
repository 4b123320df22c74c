"""Alembic's environment: it migrates over the connection that gmbot.adapters.sql.migrate hands it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from gmbot.adapters.sql.migrations.statistics import tell_planner
from gmbot.adapters.sql.tables import metadata, name_conditions_for_postgresql

LOCK = 0x474D426F74
"""Any number that nobody else locks: two processes that migrate at once take turns."""


def run(connection: Connection) -> None:
    """Run the steps inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        name_conditions_for_postgresql()
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite":
        tell_planner(connection)


run(context.config.attributes["connection"])
