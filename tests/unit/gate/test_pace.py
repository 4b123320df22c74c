"""The pace of sweeps: a budget, and standing back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio

from gmbot.gate.reconcile import Pace
from gmbot.simulator import VirtualClock


@dataclass
class Sweeper:
    """Somebody who asks as often as a pace lets them, and when they asked."""

    clock: VirtualClock
    busy: bool = False
    asked: list[float] = field(default_factory=list)

    async def ask(self, rate_per_s: float) -> None:
        """Ask for ever."""
        pace = Pace(rate_per_s, self.clock, lambda: self.busy)
        while True:
            await pace.turn(1)
            self.asked.append(self.clock.now())

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, a tenth of a second at a time."""
        for _ in range(round(seconds * 10)):
            await self.clock.advance(0.1)


@pytest_asyncio.fixture
async def sweeper() -> AsyncIterator[Sweeper]:
    """Yield a sweeper at five a second."""
    sweeper = Sweeper(VirtualClock())
    asking = asyncio.create_task(sweeper.ask(5.0))
    yield sweeper
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


async def test_the_budget_is_kept_and_used(sweeper: Sweeper) -> None:
    """Five a second for a minute are three hundred, and the one that was saved."""
    await sweeper.pass_time(60)
    assert 290 <= len(sweeper.asked) <= 301


async def test_nothing_is_asked_while_somebody_else_is_busy(sweeper: Sweeper) -> None:
    """Live questions and full queues go first, however long they take."""
    await sweeper.pass_time(1)
    sweeper.busy = True
    before = len(sweeper.asked)
    await sweeper.pass_time(60)
    assert len(sweeper.asked) <= before + 1
    sweeper.busy = False
    await sweeper.pass_time(2)
    assert len(sweeper.asked) >= before + 8


async def test_waiting_saves_up_nothing(sweeper: Sweeper) -> None:
    """After standing back there is no rush."""
    sweeper.busy = True
    await sweeper.pass_time(60)
    sweeper.busy = False
    before = len(sweeper.asked)
    await sweeper.pass_time(1)
    assert len(sweeper.asked) - before <= 6
