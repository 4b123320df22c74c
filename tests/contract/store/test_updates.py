"""Store.apply: everything or nothing, and once."""

from __future__ import annotations

import asyncio

from tests.contract.store.material import AT, GROUP, USER, fact, full, learnt, owed

from gmbot.domain.ids import GroupId, UpdateId, UserId
from gmbot.gate.changes import AuditEntry, Changes
from gmbot.gate.intents import Settle
from gmbot.gate.ports import Store


async def test_an_update_is_applied_once(store: Store) -> None:
    """The second delivery of an update says so."""
    assert [await store.apply(full(9)), await store.apply(full(9))] == [True, False]


async def test_a_duplicate_writes_nothing(store: Store) -> None:
    """What comes with an update that was applied before is not written."""
    await store.apply(Changes(update_id=UpdateId(9)))
    await store.apply(full(9))
    assert not await store.groups()
    assert await store.next_due() is None


async def test_changes_without_an_update_are_always_written(store: Store) -> None:
    """What comes of no update has no duplicate."""
    note = Changes(audit=(AuditEntry(AT, GROUP, USER, "looked"),))
    assert [await store.apply(note), await store.apply(note)] == [True, True]
    assert len(await store.audit(GROUP, 10)) == 2


async def test_nothing_at_all_may_be_written(store: Store) -> None:
    """Empty changes are no error."""
    assert await store.apply(Changes())


async def test_updates_at_the_ends_of_their_range_are_told_apart(store: Store) -> None:
    """Update ids are any 64-bit numbers, in any order."""
    ids = [UpdateId(2**53), UpdateId(0), UpdateId(2**53 + 1)]
    assert all([await store.apply(Changes(update_id=one)) for one in ids])


async def test_fifty_writers_at_once_all_land(store: Store) -> None:
    """Concurrent writes about different people are all kept."""
    people = [UserId(number) for number in range(1, 51)]
    writes = (
        Changes(
            update_id=UpdateId(person),
            memberships=learnt(fact(), person).memberships,
            owed=(owed(Settle(GROUP, person)),),
            audit=(AuditEntry(AT, GROUP, person, "seen"),),
        )
        for person in people
    )
    assert all(await asyncio.gather(*(store.apply(write) for write in writes)))
    assert len(await store.claim(AT, 1, 100)) == len(await store.audit(GROUP, 100)) == 50


async def test_fifty_writers_of_the_same_rows_all_land(store: Store) -> None:
    """Concurrent writes about the same people wait for each other, whatever their order, and none fails."""
    people = [UserId(1), UserId(2), UserId(3)]

    def crossing(number: int) -> Changes:
        turned = people[number % 3 :] + people[: number % 3]
        debts = [owed(Settle(GROUP, person), token=number) for person in turned]
        return Changes(update_id=UpdateId(number), owed=tuple(debts[:2]), paid=tuple(debts[2:]))

    assert all(await asyncio.gather(*(store.apply(crossing(number)) for number in range(50))))


async def test_one_of_many_deliveries_at_once_is_applied(store: Store) -> None:
    """However many processes get the same update together, one applies it."""
    answers = await asyncio.gather(*(store.apply(full(3)) for _ in range(10)))
    assert sorted(answers) == [False] * 9 + [True]


async def test_a_store_answers_a_ping(store: Store) -> None:
    """A store that works returns."""
    await store.ping()


async def test_what_is_hostile_in_a_name_is_kept_or_dropped(store: Store) -> None:
    """Quotes, markup, emoji and NUL in what people call themselves never fail a write."""
    detail = "'; DROP TABLE groups; -- <b>\u202e\U0001f480\x00"
    await store.apply(Changes(audit=(AuditEntry(AT, GroupId(-1), USER, "renamed", detail=detail),)))
    assert (await store.audit(GroupId(-1), 1))[0].detail.rstrip("\x00") == detail.rstrip("\x00")
