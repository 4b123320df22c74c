"""An attempt that begins before what it is about is stored: both are stored once, by whoever comes first."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.gate.desk import BOT, GROUP, Desk, settle

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.store import MemoryStore
from gmbot.domain.errors import Unavailable
from gmbot.domain.hold import Hold
from gmbot.domain.ids import UpdateId, UserId
from gmbot.gate.changes import Changes
from gmbot.gate.ledger import Ledger
from gmbot.gate.opening import AppliedBefore, Opening
from gmbot.gate.ports import PersonRecord

SAM = UserId(1)
HELD = Changes(holds=(Hold(GROUP, SAM, at=1.0, until=2),))


class Slow(MemoryStore):
    """A store that answers nobody who writes."""

    async def apply(self, changes: Changes) -> bool:
        """Wait."""
        await asyncio.Event().wait()
        return True


def opened(desk: Desk) -> Opening:
    """Return the facts of an update, with a debt."""
    facts = Changes(update_id=UpdateId(7), owed=(desk.ledger.owe(settle()),))
    return Opening(desk.ledger, facts, PersonRecord())


async def holds(desk: Desk) -> int:
    """Return how many holds are stored."""
    return await desk.store.count_holds()


async def test_the_first_write_stores_the_facts_too(desk: Desk) -> None:
    """A debt and what is done about it are one transaction."""
    opening = opened(desk)
    await opening.write(HELD)
    await opening.stored()
    assert await holds(desk) == 1
    assert len(desk.performed) == 1


async def test_whoever_waits_stores_what_the_attempt_does_not(desk: Desk) -> None:
    """An attempt that waits for Telegram keeps no update waiting."""
    opening = opened(desk)
    await opening.stored()
    await desk.outbox.idle()
    assert len(desk.performed) == 1
    await opening.write(HELD)
    assert await holds(desk) == 1


async def test_an_attempt_that_writes_nothing_is_not_waited_for(desk: Desk) -> None:
    """Its end is told."""
    opening = opened(desk)
    waiting = asyncio.create_task(opening.stored())
    await asyncio.sleep(0)
    opening.give_up()
    await waiting
    await desk.outbox.idle()
    assert len(desk.performed) == 1


async def test_what_was_applied_before_is_not_acted_upon(desk: Desk) -> None:
    """Whoever applied it owes what follows: nothing of the attempt is stored, and it is told to stop."""
    await opened(desk).stored()
    again = opened(desk)
    with pytest.raises(AppliedBefore):
        await again.write(HELD)
    await again.stored()
    assert await holds(desk) == 0


async def test_a_store_that_is_down_is_told_of_to_both(desk: Desk) -> None:
    """The update must come again, and the attempt with it."""
    opening = opened(desk)
    desk.outage.down = True
    with pytest.raises(Unavailable):
        await opening.write(HELD)
    with pytest.raises(Unavailable):
        await opening.stored()


async def test_a_write_that_is_broken_off_is_told_of_to_whoever_waits(desk: Desk) -> None:
    """At a stop, say."""
    slow = Ledger(
        Slow(BOT, desk.database), desk.memory, Alone(), desk.guarded, desk.clock, telegram_now=desk.clock.now
    )
    opening = Opening(slow, Changes(update_id=UpdateId(7)), PersonRecord())
    writing = asyncio.create_task(opening.write(HELD))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(Unavailable):
        await opening.stored()


async def test_an_attempt_begins_only_where_nobody_has_to_wait_for_it(desk: Desk) -> None:
    """In a flood, what comes is stored first."""
    desk.gate.clear()
    owed = desk.ledger.owe(settle())
    assert desk.ledger.begin(owed)
    assert not desk.ledger.begin(desk.ledger.owe(settle()))
    desk.gate.set()
    await desk.outbox.idle()
    assert desk.performed == [owed]
