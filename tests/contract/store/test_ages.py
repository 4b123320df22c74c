"""Store.prune: what nobody needs goes, page by page, and nothing else."""

from __future__ import annotations

import pytest
from tests.contract.store.material import (
    AT,
    CHANNEL,
    GROUP,
    USER,
    channel,
    fact,
    full,
    group,
    hold,
    known,
    set_aside,
)

from gmbot.domain.hold import EndReason, HoldState
from gmbot.domain.ids import ChannelId, GroupId, MessageId, UpdateId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import Standing, Status
from gmbot.gate.ages import Aging, Key, Page
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, LearntStanding
from gmbot.gate.ports import Store

OLD, YOUNG = 1_000, 5_000
LIMIT_AGE = 2_000.0
NEVER = 0.0


async def _prune(
    store: Store, table: Aging, limit: int = 2, unrequired_before: float = NEVER, before: float = LIMIT_AGE
) -> int:
    removed = 0
    after: Key = ()
    while True:
        page = Page(table=table, before=before, unrequired_before=unrequired_before, after=after, limit=limit)
        pruned = await store.prune(page)
        removed += pruned.removed
        if pruned.after is None:
            return removed
        after = pruned.after


def _memberships(*people: tuple[int, int], where: ChannelId = CHANNEL) -> Changes:
    return Changes(
        groups=(group(),),
        channels=(channel(),),
        memberships=tuple(LearntMembership(UserId(user), where, fact(at)) for user, at in people),
    )


def _standings(*people: tuple[int, int], where: GroupId = GROUP) -> Changes:
    return Changes(
        groups=(group(),),
        channels=(channel(),),
        standings=tuple(
            LearntStanding(where, UserId(user), Standing(Status.MEMBER, Stamp(at, Source.EVENT)))
            for user, at in people
        ),
    )


async def _known(store: Store) -> list[int]:
    return [user for user in range(1, 10) if await known(store, UserId(user), [CHANNEL])]


async def test_old_memberships_go_and_young_ones_stay(store: Store) -> None:
    """Whoever nothing was learnt about for long is forgotten, on every page."""
    await store.apply(_memberships((1, OLD), (2, YOUNG), (3, OLD), (4, YOUNG), (5, OLD)))
    assert await _prune(store, Aging.MEMBERSHIPS) == 3
    assert await _known(store) == [2, 4]


async def test_what_is_known_of_somebody_held_is_kept(store: Store) -> None:
    """Facts about a person with an active hold are what frees them."""
    await store.apply(_memberships((1, OLD), (2, OLD)))
    await store.apply(_standings((1, OLD), (2, OLD)))
    await store.apply(Changes(holds=(hold(UserId(1), GroupId(-3)), hold(UserId(2)).ended(EndReason.LEFT, 1))))
    assert await _prune(store, Aging.MEMBERSHIPS) == 1
    assert await _prune(store, Aging.STANDINGS) == 1
    assert await _known(store) == [1]


async def test_memberships_of_a_channel_that_nobody_requires_go_sooner(store: Store) -> None:
    """What no group asks for is kept for a shorter time only."""
    other = ChannelId(-2002)
    await store.apply(_memberships((1, OLD)))
    await store.apply(_memberships((1, OLD), (2, YOUNG), where=other))
    assert await _prune(store, Aging.MEMBERSHIPS, unrequired_before=LIMIT_AGE, before=NEVER) == 1
    assert await known(store, UserId(1), [other, CHANNEL]) == {CHANNEL: fact(OLD)}
    assert await known(store, UserId(2), [other])


async def test_old_standings_go_and_young_ones_stay(store: Store) -> None:
    """What somebody was in a group long ago is forgotten."""
    await store.apply(_standings((1, OLD), (2, YOUNG), (3, OLD)))
    assert await _prune(store, Aging.STANDINGS) == 2
    assert await store.standing(GROUP, UserId(1)) is None
    assert await store.standing(GROUP, UserId(2))


async def test_standings_in_a_group_that_is_not_guarded_go_sooner(store: Store) -> None:
    """Nobody is judged there."""
    other = GroupId(-1002)
    await store.apply(_standings((1, OLD)))
    await store.apply(_standings((1, OLD), (2, YOUNG), where=other))
    assert await _prune(store, Aging.STANDINGS, unrequired_before=LIMIT_AGE, before=NEVER) == 1
    assert await store.standing(GROUP, UserId(1))
    assert await store.standing(other, UserId(1)) is None


async def test_holds_that_ended_long_ago_go(store: Store) -> None:
    """The time since the end counts, not since the hold began."""
    await store.apply(
        Changes(
            holds=(
                hold(UserId(1), at=1.0).ended(EndReason.LEFT, OLD),
                hold(UserId(2), at=1.0).ended(EndReason.LEFT, YOUNG),
                hold(UserId(3), at=1.0).ended(EndReason.QUALIFIED, OLD),
            )
        )
    )
    assert await _prune(store, Aging.HOLDS) == 2
    assert [await store.hold(GROUP, UserId(user)) is None for user in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize("state", [HoldState.OWED, HoldState.PLACED])
async def test_an_active_hold_never_goes(store: Store, state: HoldState) -> None:
    """However long somebody has been held, what they had before is given back."""
    await store.apply(Changes(holds=(hold(state=state, at=1.0),)))
    assert await _prune(store, Aging.HOLDS) == 0


async def test_a_pardon_never_goes(store: Store) -> None:
    """Whom an admin freed by hand stays free, and this is the record of it."""
    await store.apply(Changes(holds=(hold().ended(EndReason.PARDONED, OLD),)))
    assert await _prune(store, Aging.HOLDS) == 0


async def test_a_hold_whose_prompt_is_young_is_kept(store: Store) -> None:
    """When somebody was told is remembered, so that they are not told too often."""
    told = hold().ended(EndReason.LEFT, OLD).prompted(MessageId(3), YOUNG)
    await store.apply(Changes(holds=(told,)))
    assert await _prune(store, Aging.HOLDS) == 0


async def test_a_hold_that_became_active_again_is_kept(store: Store) -> None:
    """A hold that ended long ago and was revived is no old one."""
    await store.apply(Changes(holds=(hold().ended(EndReason.LEFT, OLD),)))
    await store.apply(Changes(holds=(hold().ended(EndReason.LEFT, OLD).revived(OLD),)))
    assert await _prune(store, Aging.HOLDS) == 0


async def test_applied_updates_go_once_telegram_cannot_repeat_them(store: Store) -> None:
    """A forgotten update would be applied again; a remembered one would not."""
    for update, at in ((1, OLD), (2, YOUNG), (3, OLD)):
        await store.apply(Changes(update_id=UpdateId(update), at=at))
    assert await _prune(store, Aging.APPLIED_UPDATES) == 2
    assert not await store.apply(Changes(update_id=UpdateId(2)))
    assert await store.apply(Changes(update_id=UpdateId(1)))


async def test_old_audit_entries_go(store: Store) -> None:
    """What was done long ago is forgotten, wherever it is written among what was done lately."""
    notes = [
        AuditEntry(at, GROUP, USER, f"{place}") for place, at in enumerate((OLD, OLD, YOUNG, OLD, YOUNG))
    ]
    await store.apply(Changes(audit=tuple(notes)))
    assert await _prune(store, Aging.AUDIT) == 3
    assert [entry.action for entry in await store.audit(GROUP, 9)] == ["4", "2"]


async def test_updates_set_aside_long_ago_go(store: Store) -> None:
    """Whoever wanted to look has looked."""
    for update, at in ((1, OLD), (2, YOUNG), (3, OLD)):
        await store.apply(Changes(set_aside=(set_aside(update, at),)))
    assert await _prune(store, Aging.SET_ASIDE) == 2
    assert [one.update_id for one in await store.set_aside(9)] == [2]


@pytest.mark.parametrize("table", Aging)
async def test_an_empty_table_has_one_page(store: Store, table: Aging) -> None:
    """Nothing to do ends at once."""
    page = Page(table=table, before=AT)
    assert (await store.prune(page)).after is None


async def test_a_page_looks_at_no_more_than_its_limit(store: Store) -> None:
    """Each page is a small step, whatever there is to do."""
    await store.apply(_memberships((1, OLD), (2, OLD), (3, OLD)))
    page = Page(table=Aging.MEMBERSHIPS, before=LIMIT_AGE, limit=2)
    assert (await store.prune(page)).removed == 2


@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_everything_old_goes_whatever_the_size_of_a_page(store: Store, limit: int) -> None:
    """Pages neither miss a row nor look at one twice."""
    await store.apply(full(1))
    await store.apply(Changes(audit=tuple(AuditEntry(AT, GROUP, USER, "a") for _ in range(6))))
    assert await _prune(store, Aging.AUDIT, limit, before=AT + 1) == 7
    assert await store.audit(GROUP, 9) == []
