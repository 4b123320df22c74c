"""What process memory keeps of what was looked up in the store."""

from __future__ import annotations

import pytest
from tests.contract.store.material import CHANNEL, GROUP, USER, fact, group, learnt, seen

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.ids import BotId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import Standing, Status
from gmbot.gate.guarded import Guarded
from gmbot.gate.knowledge import Knowledge

ADMIN = Standing(Status.ADMINISTRATOR, stamp=Stamp(100, Source.EVENT))
MEMBER = Standing(Status.MEMBER, stamp=Stamp(200, Source.EVENT))


class Desk:
    """A store, the memory before it, and whoever looks things up."""

    def __init__(self) -> None:
        self.memory = FactMemory()
        self.store = MemoryStore(BotId(1), MemoryDatabase())
        self.knowledge = Knowledge(self.memory, Alone(), self.store, Guarded())

    async def look_up(self) -> None:
        """Look somebody up."""
        await self.knowledge.look_up(group(), USER, 300.0)


@pytest.fixture
def desk() -> Desk:
    """A desk where nobody was looked up yet."""
    return Desk()


async def test_a_subscription_is_remembered(desk: Desk) -> None:
    """Whoever was looked up passes without a look the next time."""
    await desk.store.apply(learnt(fact()))
    await desk.look_up()
    assert CHANNEL in desk.memory.memberships(USER, [CHANNEL])


async def test_that_somebody_is_an_admin_is_remembered(desk: Desk) -> None:
    """It exempts them."""
    await desk.store.apply(seen(ADMIN))
    await desk.look_up()
    assert desk.memory.is_admin(GROUP, USER) is True


async def test_that_somebody_is_no_admin_takes_no_room(desk: Desk) -> None:
    """Nothing is decided by it, and everybody is none."""
    await desk.store.apply(seen(MEMBER))
    await desk.look_up()
    assert len(desk.memory) == 0


async def test_whoever_was_taken_for_an_admin_is_so_no_longer(desk: Desk) -> None:
    """What the store knows better replaces what is remembered."""
    desk.memory.learn(seen(ADMIN))
    await desk.store.apply(seen(MEMBER))
    await desk.look_up()
    assert desk.memory.is_admin(GROUP, USER) is False
