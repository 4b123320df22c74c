"""Store.apply by many at once: what is written together is written as if by one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event
from tests.contract.store import material
from tests.contract.store.conftest import Bots
from tests.contract.store.material import AT, GROUP, USER, fact, hold, known, learnt, owed
from tests.contract.store.test_twins import everything

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.sql.batch import PLAIN
from gmbot.adapters.sql.database import Database, Postgres, Sqlite
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, UpdateId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.gate.changes import Changes
from gmbot.gate.intents import Prompt, Settle
from gmbot.gate.ports import Store

_RARE = {name: () for name in Changes.__struct_fields__ if name not in PLAIN}


async def together(store: Store, changes: Sequence[Changes]) -> list[bool | BaseException]:
    """Apply all of them at the same time, in this order."""
    return await asyncio.gather(*(store.apply(one) for one in changes), return_exceptions=True)


def subscribed(number: int) -> Changes:
    """An update by which somebody is subscribed, and is to be settled."""
    person = UserId(number)
    debt = owed(Settle(GROUP, person), token=number)
    return msgspec.structs.replace(learnt(fact(), person), update_id=UpdateId(number), owed=(debt,))


async def test_one_that_cannot_be_stored_fails_alone(sql_bots: Bots) -> None:
    """Whoever is written together with it is written all the same."""
    store = sql_bots.new()
    unstorable = Changes(update_id=UpdateId(3), holds=(hold(UserId(2**70)),))
    ended = await together(store, [subscribed(1), subscribed(2), unstorable, subscribed(4)])
    assert [type(one) for one in ended if one is not True] == [type(ended[2])]
    assert isinstance(ended[2], Unavailable)
    assert len(await store.claim(AT, 1, 9)) == 3
    assert await store.apply(Changes(update_id=UpdateId(3)))


async def test_one_that_was_applied_before_is_left_out(store: Store) -> None:
    """It says so, and nothing of it is written; the others are."""
    await store.apply(Changes(update_id=UpdateId(2)))
    assert await together(store, [subscribed(1), subscribed(2), subscribed(3)]) == [True, False, True]
    heard_of = [bool(await known(store, UserId(number), [material.CHANNEL])) for number in (1, 2, 3)]
    assert heard_of == [True, False, True]
    assert len(await store.claim(AT, 1, 9)) == 2


async def test_an_update_that_comes_twice_at_once_is_applied_once(store: Store) -> None:
    """The first of the two."""
    later = msgspec.structs.replace(learnt(fact(20, MembershipState.OUT)), update_id=UpdateId(1))
    assert await together(store, [subscribed(1), later, subscribed(2)]) == [True, False, True]
    assert not await known(store, USER, [material.CHANNEL])


async def test_of_one_fact_the_newest_is_kept(store: Store) -> None:
    """Whatever the order in which they come."""
    states = [MembershipState.IN, MembershipState.OUT, MembershipState.IN]
    facts = [learnt(fact(at, state)) for at, state in zip((10, 30, 20), states, strict=True)]
    assert await together(store, facts) == [True] * 3
    assert (await known(store, USER, [material.CHANNEL]))[material.CHANNEL] == fact(30, MembershipState.OUT)


async def test_a_debt_is_owed_paid_and_owed_anew_in_this_order(store: Store) -> None:
    """The last word stands, however they come together."""
    first, second = owed(Prompt(GROUP), token=1), owed(Prompt(GROUP), token=2, due_at=AT + 9)
    steps = [Changes(owed=(first,)), Changes(paid=(first,), owed=(second,)), Changes(paid=(first,))]
    assert await together(store, steps) == [True] * 3
    assert await store.claim(AT + 10, 1, 9) == [second]


async def test_a_debt_that_is_paid_and_owed_in_one_step_is_owed(store: Store) -> None:
    """A prompt's attempt pays it, and owes the next."""
    first, second = owed(Prompt(GROUP), token=1), owed(Prompt(GROUP), token=2)
    await store.apply(Changes(owed=(first,)))
    await store.apply(Changes(paid=(first,), owed=(second,)))
    assert [debt.token for debt in await store.claim(AT, 1, 9)] == [2]


async def test_a_hundred_at_once_are_a_few_transactions(database: Database, sql_bots: Bots) -> None:
    """What comes at the same time shares statements."""
    store, ran = sql_bots.new(), list[str]()
    await store.apply(subscribed(1_000))

    def hear(db: Connection, cursor: object, statement: str, *_: object) -> None:
        if "INTO memberships" in statement:
            ran.append(statement)

    assert isinstance(database, Sqlite | Postgres)
    engines = database.engines if isinstance(database, Sqlite) else (database.engine,)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    assert await together(store, [subscribed(number) for number in range(1, 101)]) == [True] * 100
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)
    assert 1 <= len(ran) <= 3


async def test_a_hundred_people_are_read_at_once(store: Store) -> None:
    """Each is told apart, in every order."""
    await together(store, [subscribed(number) for number in range(1, 101)])
    people = [UserId(number) for number in range(120, 0, -1)]
    records = await asyncio.gather(*(store.person(GROUP, one, [material.CHANNEL]) for one in people))
    assert [bool(record.memberships) for record in records] == [one <= 100 for one in people]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(material.changes, min_size=2, max_size=6))
async def test_all_at_once_is_one_after_the_other(sql_bots: Bots, history: list[Changes]) -> None:
    """Facts, holds and debts that come together leave what the same steps leave one by one."""
    plain = [msgspec.structs.replace(change, **_RARE) for change in history]
    real, twin = sql_bots.new(), MemoryStore(BotId(1))
    assert await together(real, plain) == [await twin.apply(change) for change in plain]
    assert await everything(real) == await everything(twin)
    assert await real.claim(9.0, 1.0, 99) == await twin.claim(9.0, 1.0, 99)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8])
async def test_whoever_gives_up_takes_nobody_along(store: Store, turns: int) -> None:
    """A caller that is cancelled leaves those who wait with it their answers."""
    asked = [asyncio.ensure_future(store.apply(subscribed(number))) for number in (1, 2, 3)]
    for _ in range(turns):
        await asyncio.sleep(0)
    asked[1].cancel()
    await asyncio.wait(asked)
    assert [asked[0].result(), asked[2].result()] == [True, True]
