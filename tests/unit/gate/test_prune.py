"""What nobody needs is forgotten in small steps, when nobody is disturbed by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contract.store.material import CHANNEL, channel, fact, group
from tests.unit.gate.desk import Desk

from gmbot.domain.ids import UserId
from gmbot.gate.ages import DAY_S, Ages
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.events import RowsPruned
from gmbot.gate.prune import AGAIN_AFTER_S, EVERY_S, FIRST_AFTER_S, PAUSE_S, Pruner

PEOPLE = 220


@asynccontextmanager
async def pruning(desk: Desk, *, telegram_behind_s: float = 0) -> AsyncIterator[None]:
    """A pruner at work."""
    pruner = Pruner(
        desk.store,
        Ages(),
        desk.clock,
        desk.events.append,
        telegram_now=lambda: desk.clock.now() - telegram_behind_s,
    )
    task = asyncio.create_task(pruner.run())
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def learn_long_ago(desk: Desk, people: int = PEOPLE, days: float = 200) -> None:
    """Store what was learnt of people that many days ago."""
    at = int(desk.clock.now() - days * DAY_S)
    facts = (LearntMembership(UserId(number), CHANNEL, fact(at)) for number in range(1, people + 1))
    await desk.store.apply(Changes(groups=(group(),), channels=(channel(),), memberships=tuple(facts)))


def pruned(desk: Desk) -> list[int]:
    """How many rows each step removed."""
    return [event.rows for event in desk.events if isinstance(event, RowsPruned)]


async def test_it_begins_when_the_start_is_over(desk: Desk) -> None:
    """A start has better things to do."""
    await learn_long_ago(desk)
    async with pruning(desk):
        await desk.clock.advance(FIRST_AFTER_S - 1)
        assert pruned(desk) == []


async def test_it_goes_in_steps_with_pauses(desk: Desk) -> None:
    """Each page is small, and live work comes between two."""
    await learn_long_ago(desk)
    async with pruning(desk):
        steps: list[list[int]] = []
        for _ in range(3):
            await desk.clock.advance(PAUSE_S if steps else FIRST_AFTER_S)
            steps.append(pruned(desk))
    assert steps == [[100], [100, 100], [100, 100, 20]]


async def test_it_begins_anew_some_hours_later(desk: Desk) -> None:
    """Whatever has grown old meanwhile goes then."""
    async with pruning(desk):
        await desk.clock.advance(FIRST_AFTER_S)
        await learn_long_ago(desk, people=3)
        await desk.clock.advance(EVERY_S - 1)
        assert pruned(desk) == []
        await desk.clock.advance(2)
        assert pruned(desk) == [3]


async def test_a_database_in_trouble_is_left_alone(desk: Desk) -> None:
    """It is tried again, not given up, and not soon."""
    await learn_long_ago(desk, people=3)
    desk.outage.down = True
    async with pruning(desk):
        await desk.clock.advance(FIRST_AFTER_S)
        desk.outage.down = False
        await desk.clock.advance(AGAIN_AFTER_S - 1)
        assert pruned(desk) == []
        await desk.clock.advance(2)
        assert pruned(desk) == [3]


async def test_a_clock_that_runs_ahead_forgets_nothing(desk: Desk) -> None:
    """Facts are as old as Telegram's clock says, should ours be wrong."""
    await learn_long_ago(desk, people=3)
    async with pruning(desk, telegram_behind_s=100 * DAY_S):
        await desk.clock.advance(FIRST_AFTER_S)
    assert await desk.store.memberships([(UserId(1), CHANNEL)])
