"""The stage on which the gate's scenarios are played."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.fixtures.stage import Stage, raised_stage


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Yield a stage with a group that is not guarded yet."""
    async with raised_stage() as raised:
        yield raised


@pytest_asyncio.fixture
async def guarded(stage: Stage) -> Stage:
    """Return the stage after the owner protected the group."""
    await stage.protect()
    return stage
