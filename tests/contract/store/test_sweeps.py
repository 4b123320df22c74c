"""Store: everybody known in a group, page by page, and how far each sweep has come."""

from __future__ import annotations

import pytest
from tests.contract.store.material import AT, CHANNEL, GROUP, USER, fact, group, hold, learnt, seen, sweep

from gmbot.domain.hold import EndReason
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, Moved
from gmbot.gate.ports import PersonRecord, Store
from gmbot.gate.sweeps import SweepKind

ELSEWHERE = GroupId(-1009)
ANOTHER = ChannelId(-2009)


async def _known(store: Store, after: int = 0, limit: int = 9) -> list[int]:
    found = await store.known(GROUP, [CHANNEL, ANOTHER], UserId(after), limit)
    return [person.user_id for person in found]


@pytest.mark.parametrize(
    "trace",
    [seen(Standing(Status.MEMBER)), learnt(fact()), Changes(holds=(hold(),))],
    ids=["standing", "membership", "hold"],
)
async def test_one_trace_of_somebody_is_enough(store: Store, trace: Changes) -> None:
    """Whoever has a standing but no membership is found, and the reverse."""
    await store.apply(trace)
    assert await _known(store) == [USER]


async def test_people_of_other_places_are_not_found(store: Store) -> None:
    """Neither another group's, nor those of a channel that was not asked about, nor whose hold ended."""
    await store.apply(seen(Standing(Status.MEMBER), where=ELSEWHERE))
    await store.apply(learnt(fact(), where=ChannelId(-2010)))
    await store.apply(Changes(holds=(hold().ended(EndReason.QUALIFIED, AT),)))
    assert await _known(store) == []


async def test_people_come_in_order_a_page_at_a_time(store: Store) -> None:
    """Each page begins after the last person of the one before, whatever is known of them."""
    for user in (5, 3, 9, 1):
        await store.apply(seen(Standing(Status.MEMBER), UserId(user)))
    for user in (4, 3, 8):
        await store.apply(learnt(fact(), UserId(user)))
    await store.apply(Changes(holds=(hold(UserId(2)),)))
    assert await _known(store, limit=3) == [1, 2, 3]
    assert await _known(store, after=3, limit=3) == [4, 5, 8]
    assert await _known(store, after=8, limit=3) == [9]


async def test_each_person_comes_with_all_that_is_known(store: Store) -> None:
    """Hold, standing and memberships, as `person` tells them."""
    await store.apply(seen(Standing(Status.MEMBER)))
    await store.apply(learnt(fact(), where=ANOTHER))
    await store.apply(Changes(holds=(hold(),)))
    (person,) = await store.known(GROUP, [CHANNEL, ANOTHER], UserId(0), 9)
    assert person.record == PersonRecord(hold(), Standing(Status.MEMBER), {ANOTHER: fact()})
    assert person.record == await store.person(GROUP, USER, [CHANNEL, ANOTHER])


async def test_nobody_is_known_of_no_channel(store: Store) -> None:
    """A group without a rule has the people who were seen in it."""
    await store.apply(seen(Standing(Status.MEMBER)))
    await store.apply(learnt(fact(), UserId(5)))
    assert [person.user_id for person in await store.known(GROUP, [], UserId(0), 9)] == [USER]


async def test_the_last_word_on_a_sweep_is_kept(store: Store) -> None:
    """One for each group and kind."""
    await store.apply(Changes(groups=(group(),), sweeps=(sweep(),)))
    await store.apply(Changes(sweeps=(sweep(kind=SweepKind.WARM), sweep(cursor=UserId(7)))))
    assert await store.sweeps() == [sweep(cursor=UserId(7)), sweep(kind=SweepKind.WARM)]


async def test_a_sweep_ends_with_its_group(store: Store) -> None:
    """Unprotecting forgets it, and a late word does not bring it back."""
    await store.apply(Changes(groups=(group(),), sweeps=(sweep(),)))
    await store.apply(Changes(unguarded=(GROUP,)))
    await store.apply(Changes(sweeps=(sweep(),)))
    assert await store.sweeps() == []


async def test_a_moved_group_begins_anew(store: Store) -> None:
    """The sweep of its old id is nobody's."""
    await store.apply(Changes(groups=(group(),), sweeps=(sweep(),)))
    await store.apply(Changes(moved=(Moved(GROUP, ELSEWHERE),)))
    assert await store.sweeps() == []
