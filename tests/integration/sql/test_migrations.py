"""Migrations: the same tables as the models, forth and back, on both engines."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.fixtures.postgres import PostgresServer

from gmbot.adapters.sql.database import connect, open_database
from gmbot.adapters.sql.migrate import current, downgrade, head, is_current, upgrade
from gmbot.adapters.sql.tables import HEAD, metadata
from gmbot.domain.errors import ConfigurationError

SQLITE_DEFINITIONS = """
SELECT type, name, sql FROM sqlite_master
    WHERE name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%' AND sql <> ''
"""
POSTGRES_DEFINITIONS = """
SELECT 'index', indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'
UNION ALL SELECT 'column', table_name || '.' || column_name, data_type || is_nullable
    || coalesce(character_maximum_length, 0) FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'
UNION ALL SELECT 'sequence', sequencename, data_type::text FROM pg_sequences
"""

UPGRADE = """
import asyncio, sys
from gmbot.adapters.sql.migrate import upgrade
asyncio.run(upgrade(sys.argv[1]))
"""


def _differences(db: Connection) -> list[Any]:
    context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
    found: list[Any] = compare_metadata(context, metadata)
    return found


def _definitions(db: Connection) -> list[tuple[str, ...]]:
    sqlite = db.dialect.name == "sqlite"
    lines = db.execute(text(SQLITE_DEFINITIONS if sqlite else POSTGRES_DEFINITIONS))
    return sorted(tuple(_plain(word) for word in line) for line in lines)


def _plain(definition: str) -> str:
    """Return a definition without what does not matter: white space, quotes, order of constraints."""
    return "".join(sorted("".join(definition.split()).replace('"', "").split(",")))


async def test_models_and_migrations_agree(database_url: str) -> None:
    """Alembic finds nothing to do on a migrated database."""
    database = connect(database_url)
    assert await database.read(_differences) == []
    await database.close()


async def test_migrations_define_exactly_what_the_models_define(
    database_url: str, sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    """Tables, constraints and partial indexes are the same down to their definitions."""
    on_sqlite = database_url.startswith("sqlite")
    models = connect(sqlite_url if on_sqlite else request.getfixturevalue("postgres_url"))
    migrated = connect(database_url)
    await models.write(metadata.create_all)
    assert await migrated.read(_definitions) == await models.read(_definitions)
    await models.close()
    await migrated.close()


async def test_down_leaves_nothing_and_up_again_works(database_url: str) -> None:
    """Every step can be undone and done anew."""
    await downgrade(database_url)
    database = connect(database_url)
    assert await database.read(_definitions) == []
    assert await current(database_url) is None
    await upgrade(database_url)
    assert await database.read(_differences) == []
    await database.close()


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    """Running `gmbot migrate` again is harmless."""
    await upgrade(database_url)
    assert await current(database_url) == HEAD


async def test_several_processes_may_upgrade_at_once(postgres_url: str, sqlite_url: str) -> None:
    """Whoever comes second finds the work done."""
    both = (postgres_url, sqlite_url)
    command = (sys.executable, "-c", UPGRADE)
    started = [await asyncio.create_subprocess_exec(*command, url) for url in (*both, *both)]
    assert [await process.wait() for process in started] == [0] * 4
    assert [await is_current(url) for url in both] == [True, True]


def test_the_constant_is_the_newest_migration() -> None:
    """A start compares with the constant; forgetting it would start on old tables."""
    assert head() == HEAD


async def test_sqlite_is_migrated_at_start(sqlite_url: str) -> None:
    """A first run needs no other command."""
    assert not await is_current(sqlite_url)
    await (await open_database(sqlite_url)).close()
    assert await is_current(sqlite_url)


async def test_postgres_is_only_checked_at_start(postgres_url: str) -> None:
    """Whoever runs several processes decides when the tables change."""
    with pytest.raises(ConfigurationError, match=r"DATABASE_URL .* run `gmbot migrate`"):
        await open_database(postgres_url)
    assert await current(postgres_url) is None


async def test_a_database_of_a_newer_gmbot_is_refused(database_url: str) -> None:
    """An old version never runs on tables that it does not know."""
    database = connect(database_url)
    ahead = text("UPDATE alembic_version SET version_num = '9999'")
    await database.write(lambda db: db.execute(ahead).close())
    await database.close()
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        await open_database(database_url)
    with pytest.raises(ConfigurationError, match="newer"):
        await upgrade(database_url)


def test_a_start_on_current_tables_loads_neither_alembic_nor_the_orm(database_url: str) -> None:
    """What a run does not need costs it no time."""
    script = (
        "import asyncio, sys\n"
        "from gmbot.adapters.sql.database import open_database\n"
        "async def main():\n"
        "    await (await open_database(sys.argv[1])).close()\n"
        "asyncio.run(main())\n"
        "print([name for name in ('alembic', 'sqlalchemy.orm') if name in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, database_url], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


async def test_an_unreachable_database_cannot_be_migrated(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    """`gmbot migrate` says so in one sentence too."""
    for url in (f"sqlite:///{tmp_path}/missing/gmbot.db", postgres_server.url("missing")):
        for attempt in (upgrade(url), current(url)):
            with pytest.raises(ConfigurationError, match="DATABASE_URL"):
                await attempt
