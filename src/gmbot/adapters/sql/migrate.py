"""Bring a database's tables to a version. The only module that loads Alembic, and only when it works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from gmbot.adapters.sql.database import Database, connect
from gmbot.adapters.sql.tables import HEAD
from gmbot.adapters.sql.version import stored_version
from gmbot.domain.errors import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database forward to `revision`; several processes may, but not one process twice at once.

    Raises ConfigurationError if it cannot be reached, or was left by a newer GMBot.
    """
    from alembic import command

    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str = "base") -> None:
    """Take the database back to `revision`; `base` removes every table. Raises as `upgrade`."""
    from alembic import command

    await _run(url, lambda config: command.downgrade(config, revision))


async def current(url: str) -> str | None:
    """Return the version that the database is at; None before the first migration."""
    database = connect(url)
    try:
        return await database.read(stored_version)
    except Unavailable as error:
        raise _unreachable(error) from None
    finally:
        await database.close()


async def is_current(url: str) -> bool:
    """Whether the database has the tables of this version."""
    return await current(url) == HEAD


def head() -> str:
    """Return the newest version that this GMBot knows."""
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return newest or "base"


async def _run(url: str, work: Callable[[Config], None]) -> None:
    # No time limit: a migration of a large table takes what it takes.
    database = connect(url, command_timeout_s=None)
    try:
        await _migrate(database, work)
    finally:
        await database.close()


async def _migrate(database: Database, work: Callable[[Config], None]) -> None:
    from alembic.util import CommandError

    def migrate(connection: Connection) -> None:
        work(_config(connection))

    try:
        await database.write(migrate)
    except Unavailable as error:
        raise _unreachable(error) from None
    except CommandError:
        raise ConfigurationError(
            "The database of DATABASE_URL is at a version that this GMBot does not know: a newer one was "
            "used with it; install that one, or name another database."
        ) from None


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _unreachable(error: Unavailable) -> ConfigurationError:
    return ConfigurationError(
        f"DATABASE_URL names a database that cannot be migrated ({error}): start it, or correct the address; "
        "for example postgresql://user:password@localhost:5432/gmbot"
    )
