"""Two processes of one bot that share a healthy Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.fixtures.processes import AT_ONCE, Process, running


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[list[Process]]:
    """Two processes that believe their memories."""
    async with running(redis_url, pace=AT_ONCE) as processes:
        yield processes


@pytest.fixture
def one(pair: list[Process]) -> Process:
    """The process that sees things happen."""
    return pair[0]


@pytest.fixture
def other(pair: list[Process]) -> Process:
    """The process that must hear of them."""
    return pair[1]
