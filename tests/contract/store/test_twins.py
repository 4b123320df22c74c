"""Store: whatever happens, a real database answers as the memory twin does."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.store import material
from tests.contract.store.conftest import Bots

from gmbot.adapters.memory.store import MemoryStore
from gmbot.domain.ids import BotId, UserId
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Store


async def everything(store: Store) -> dict[str, Any]:
    """All that there is to read."""
    told: dict[str, Any] = {
        "groups": await store.groups(),
        "channels": await store.channels(),
        "revision": await store.revision(),
        "count": await store.count_holds(),
        "next": await store.next_due(),
        "sweeps": await store.sweeps(),
        "set aside": await store.set_aside(9),
    }
    for user in material.PEOPLE:
        told[f"memberships {user}"] = await material.known(store, user, material.CHATS)
        told[f"holds {user}"] = await store.holds_of(user)
    for group in material.GROUPS:
        told[f"in {group}"] = await store.holds_in(group, UserId(0), 9)
        told[f"told {group}"] = await store.told(group)
        told[f"untold {group}"] = await store.untold(group, 1.0, 9)
        told[f"audit {group}"] = await store.audit(group, 9)
        for after, limit in ((0, 9), (1, 9), (0, 1)):
            told[f"known {group} {after} {limit}"] = await store.known(
                group, material.CHATS[:3], UserId(after), limit
            )
        for user in material.PEOPLE:
            told[f"standing {group} {user}"] = await store.standing(group, user)
            told[f"hold {group} {user}"] = await store.hold(group, user)
    return told


async def _pruned(store: Store, table: Aging) -> int:
    page = Page(table=table, before=1.5, unrequired_before=2.5, limit=2)
    pruned = await store.prune(page)
    removed = pruned.removed
    while pruned.after is not None:
        pruned = await store.prune(msgspec.structs.replace(page, after=pruned.after))
        removed += pruned.removed
    return removed


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(material.changes, min_size=1, max_size=5), claimed=st.integers(0, 3))
async def test_a_database_answers_as_memory_does(
    sql_bots: Bots, history: list[Changes], claimed: int
) -> None:
    """The same changes in the same order leave the same to read, in every method."""
    real, twin = sql_bots.new(), MemoryStore(BotId(1))
    for change in history:
        assert await real.apply(change) == await twin.apply(change)
        assert await real.claim(1.0, 1.0, claimed) == await twin.claim(1.0, 1.0, claimed)
    assert await everything(real) == await everything(twin)
    for table in Aging:
        assert await _pruned(real, table) == await _pruned(twin, table)
    assert await everything(real) == await everything(twin)
    assert await real.claim(9.0, 1.0, 99) == await twin.claim(9.0, 1.0, 99)
