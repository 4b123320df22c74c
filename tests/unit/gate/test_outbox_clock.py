"""Debts of a machine whose clock is put back: none waits for the old time to come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.unit.gate.desk import Desk, done, settle, unavailable

from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.gate.changes import Changes
from gmbot.gate.intents import LEASE_S
from gmbot.simulator import VirtualClock

HOUR_S = 3600.0


class WrongClock(VirtualClock):
    """A machine's clock that is put back, while what anybody sleeps lasts as long as ever."""

    ahead_s = 0.0

    def now(self) -> float:
        """Return what the machine takes for the time."""
        return super().now() + self.ahead_s


@asynccontextmanager
async def at_work(clock: WrongClock, database: MemoryDatabase) -> AsyncIterator[Desk]:
    """A process on a machine with such a clock."""
    desk = Desk(clock, database)
    running = asyncio.create_task(desk.outbox.run())
    await desk.clock.advance(0)
    try:
        yield desk
    finally:
        await desk.outbox.stop(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_failed_before_the_clock_was_put_back_is_tried_again_as_soon() -> None:
    """It does not wait for the hour to pass a second time, and is not tried without end either."""
    clock = WrongClock()
    async with at_work(clock, MemoryDatabase()) as desk:
        desk.act = unavailable
        await desk.owe(settle())
        await desk.advance(10)
        tried = len(desk.performed)
        clock.ahead_s = -HOUR_S
        await desk.advance(60)
        assert tried < len(desk.performed) < tried + 10
        desk.act = done
        await desk.advance(60)
        assert not await desk.owing()


async def test_what_was_left_behind_before_the_clock_was_put_back_is_taken_up() -> None:
    """By a process that begins after it: it is due by the clock as it is now."""
    clock, database = WrongClock(), MemoryDatabase()
    clock.ahead_s = HOUR_S
    async with at_work(clock, database) as dead:
        dead.act = unavailable
        await dead.owe(settle(1))
        await dead.advance(3)
        dead.gate.clear()
        await dead.store.apply(Changes(owed=(dead.ledger.owe(settle(2), delay_s=LEASE_S),)))
    clock.ahead_s = 0.0
    async with at_work(clock, database) as desk:
        await desk.advance(LEASE_S + 5)
        assert {owed.intent for owed in desk.performed} == {settle(1), settle(2)}


async def test_what_runs_while_the_clock_is_put_back_is_kept_from_others() -> None:
    """However long it takes after that."""
    clock = WrongClock()
    async with at_work(clock, MemoryDatabase()) as desk:
        desk.gate.clear()
        await desk.owe(settle())
        clock.ahead_s = -HOUR_S
        for _ in range(60):
            await desk.advance(1)
            assert await desk.store.claim(clock.now(), LEASE_S, 10) == []
        desk.gate.set()
        await desk.outbox.idle()
        assert len(desk.performed) == 1
