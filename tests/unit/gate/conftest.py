"""Desks for the tests of what is written and owed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from tests.unit.gate.desk import Desk

from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.simulator import VirtualClock


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """Yield a desk whose outbox runs."""
    desk = Desk(VirtualClock(), MemoryDatabase())
    running = asyncio.create_task(desk.outbox.run())
    await desk.clock.advance(0)
    yield desk
    desk.gate.set()
    await desk.outbox.stop(1.0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert desk.errors == []
