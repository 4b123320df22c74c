"""Store: two bots on one database never see each other's anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.contract.store.conftest import Bots
from tests.contract.store.material import AT, CHANNEL, GROUP, USER, full, group, hold, owed, sweep

from gmbot.adapters.memory.store import MemoryStore
from gmbot.domain.ids import BotId, GroupId, UserId
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import Changes, Moved
from gmbot.gate.ports import Store

READS: dict[str, Callable[[Store], Awaitable[Any]]] = {
    "groups": lambda store: store.groups(),
    "channels": lambda store: store.channels(),
    "revision": lambda store: store.revision(),
    "memberships": lambda store: store.memberships([(USER, CHANNEL)]),
    "standing": lambda store: store.standing(GROUP, USER),
    "hold": lambda store: store.hold(GROUP, USER),
    "person": lambda store: store.person(GROUP, USER, [CHANNEL]),
    "holds_in": lambda store: store.holds_in(GROUP, UserId(0), 9),
    "told": lambda store: store.told(GROUP),
    "untold": lambda store: store.untold(GROUP, AT, 9),
    "holds_of": lambda store: store.holds_of(USER),
    "count_holds": lambda store: store.count_holds(),
    "next_due": lambda store: store.next_due(),
    "audit": lambda store: store.audit(GROUP, 9),
    "known": lambda store: store.known(GROUP, [CHANNEL], UserId(0), 9),
    "sweeps": lambda store: store.sweeps(),
    "set_aside": lambda store: store.set_aside(9),
    "claim": lambda store: store.claim(AT, 60, 9),
}
"""Every method that tells something; claiming last, as it changes when things are due."""

INTERFERENCE = {
    "the same changes": full(),
    "unguarding": Changes(unguarded=(GROUP,)),
    "moving": Changes(moved=(Moved(GROUP, GroupId(-9)),)),
    "newer holds": Changes(holds=(hold(revision=99, name="another"),)),
    "another group": Changes(groups=(group(title="another"),)),
    "paying": Changes(paid=(owed(),)),
    "postponing": Changes(postponed=(owed(due_at=AT + 99),)),
    "owing": Changes(owed=(owed(due_at=0, token=9),)),
    "sweeping": Changes(sweeps=(sweep(cursor=UserId(9)),)),
}


async def _everything(store: Store) -> dict[str, Any]:
    return {name: await read(store) for name, read in READS.items()}


def test_every_method_is_covered() -> None:
    """A method that is added to the port is added here."""
    methods = {name for name in vars(Store) if not name.startswith("_")}
    assert methods - {"apply", "ping", "prune", "bring_forward"} == set(READS)


@pytest.mark.parametrize("name", READS)
async def test_a_bot_sees_nothing_of_another(bots: Bots, name: str) -> None:
    """Whatever one bot stores, another bot's answer is as empty as before."""
    mine, other = bots.new(), bots.new()
    before = await READS[name](other)
    await mine.apply(full())
    assert await READS[name](mine) != before
    assert await READS[name](other) == before


@pytest.mark.parametrize("name", INTERFERENCE)
async def test_a_bot_changes_nothing_of_another(bots: Bots, name: str) -> None:
    """Whatever another bot writes under the very same ids, a bot reads what it wrote."""
    untouched, mine, other = MemoryStore(BotId(1)), bots.new(), bots.new()
    await untouched.apply(full())
    await mine.apply(full())
    await other.apply(INTERFERENCE[name])
    assert await _everything(mine) == await _everything(untouched)


@pytest.mark.parametrize("table", Aging)
async def test_a_bot_prunes_nothing_of_another(bots: Bots, table: Aging) -> None:
    """However old another bot thinks everything is, a bot keeps what it wrote."""
    untouched, mine, other = MemoryStore(BotId(1)), bots.new(), bots.new()
    await untouched.apply(full())
    await mine.apply(full())
    await other.prune(Page(table=table, before=2.0**40, unrequired_before=2.0**40))
    assert await _everything(mine) == await _everything(untouched)
    assert not await mine.apply(full())


async def test_bots_apply_the_same_update_each(bots: Bots) -> None:
    """Two bots in one group get updates with the same ids."""
    one, other = bots.new(), bots.new()
    assert [await one.apply(full(7)), await other.apply(full(7))] == [True, True]


async def test_stores_of_one_bot_share_everything(bots: Bots) -> None:
    """Two processes of one bot see the same."""
    bot = bots.new_id()
    await bots.of(bot).apply(full(7))
    assert await bots.of(bot).groups() == [group()]
    assert not await bots.of(bot).apply(full(7))
