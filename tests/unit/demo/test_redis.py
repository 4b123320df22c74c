"""The demo's own Redis."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gmbot.adapters.redis.connection import is_primary
from gmbot.demo.redis import installed_server, own_redis
from gmbot.domain.errors import Unavailable

PATIENCE_S = 10


async def test_it_answers_hangs_and_answers_again(tmp_path: Path) -> None:
    """As it is told to."""
    async with own_redis(tmp_path, installed_server()) as redis:
        assert redis is not None
        assert await is_primary(redis.url, patience_s=PATIENCE_S)
        redis.switch(True)
        with pytest.raises(Unavailable):
            await is_primary(redis.url, patience_s=0.2)
        redis.switch(False)
        assert await is_primary(redis.url, patience_s=PATIENCE_S)


async def test_who_does_not_know_its_password_is_refused(tmp_path: Path) -> None:
    """Others on the machine can connect with its port, and no more."""
    async with own_redis(tmp_path, installed_server()) as redis:
        assert redis is not None
        open_to_all = "redis://" + redis.url.partition("@")[2]
        with pytest.raises(Unavailable):
            await is_primary(open_to_all, patience_s=PATIENCE_S)


async def test_it_is_gone_afterwards_even_if_it_hung_and_leaves_no_file(tmp_path: Path) -> None:
    """It is ended, not asked to end."""
    async with asyncio.timeout(PATIENCE_S), own_redis(tmp_path, installed_server()) as redis:
        assert redis is not None
        redis.switch(True)
    with pytest.raises(Unavailable):
        await is_primary(redis.url, patience_s=PATIENCE_S)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("program", [None, "/nowhere/redis-server", "/bin/false"])
async def test_without_a_server_that_works_there_is_none(tmp_path: Path, program: str | None) -> None:
    """Whether it is not there, cannot be run here, or ends at once."""
    async with own_redis(tmp_path, program) as redis:
        assert redis is None
