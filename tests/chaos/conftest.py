"""The servers that chaos is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.chaos.arena import Servers
from tests.fixtures.postgres import PostgresServer


@pytest.fixture
def servers(postgres_server: PostgresServer, migrated_postgres: str, tmp_path: Path) -> Servers:
    """The PostgreSQL of this test process."""
    return Servers(tmp_path, postgres_server, migrated_postgres)
