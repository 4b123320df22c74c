"""Store: holds."""

from __future__ import annotations

from tests.contract.store.material import AT, GROUP, USER, hold

from gmbot.domain.hold import EndReason, Hold, HoldState
from gmbot.domain.ids import ChannelId, GroupId, MessageId, ThreadId, UserId
from gmbot.domain.standing import Restriction
from gmbot.gate.changes import Changes
from gmbot.gate.ports import Store

OTHER = GroupId(-1002)


async def _keep(store: Store, *holds: Hold) -> None:
    await store.apply(Changes(holds=holds))


async def test_a_hold_comes_back_whole(store: Store) -> None:
    """Everything that is needed to restore a person survives."""
    whole = Hold(
        GROUP,
        UserId(2**52),
        AT,
        2**33,
        (ChannelId(-1), ChannelId(-2)),
        HoldState.ENDED,
        Restriction(frozenset({"can_send_polls"}), 12),
        EndReason.PARDONED,
        AT + 1,
        MessageId(7),
        AT + 2,
        ThreadId(8),
        "Ann & <Bob>",
        away=True,
        revision=3,
    )
    await _keep(store, whole)
    assert await store.hold(GROUP, whole.user_id) == whole


async def test_a_later_revision_replaces_a_hold(store: Store) -> None:
    """Each step of a hold's life is kept."""
    await _keep(store, hold())
    await _keep(store, hold().ended(EndReason.QUALIFIED, AT))
    kept = await store.hold(GROUP, USER)
    assert kept == hold().ended(EndReason.QUALIFIED, AT)


async def test_an_older_or_equal_revision_changes_nothing(store: Store) -> None:
    """Of two processes that change the same revision, the first wins."""
    first = hold(revision=2, name="first")
    await _keep(store, first)
    await _keep(store, hold(revision=2, name="second"))
    await _keep(store, hold(revision=1, name="late"))
    assert await store.hold(GROUP, USER) == first


async def test_of_several_revisions_at_once_the_last_is_kept(store: Store) -> None:
    """One step may change a hold twice."""
    await _keep(store, hold(), hold().prompted(MessageId(3), AT))
    assert await store.hold(GROUP, USER) == hold().prompted(MessageId(3), AT)


async def test_who_was_never_held_has_no_hold(store: Store) -> None:
    """No hold is None."""
    assert await store.hold(GROUP, USER) is None


async def test_holds_in_a_group_are_told_page_by_page(store: Store) -> None:
    """Keyset pages cover every active hold once, by user id, and no ended one."""
    people = [UserId(number) for number in (5, 1, 9, 3, 7)]
    await _keep(store, *(hold(person) for person in people), hold(UserId(4), OTHER))
    await _keep(store, hold(UserId(3)).ended(EndReason.LEFT, AT))
    pages, after = [], UserId(0)
    while page := [one.user_id for one in await store.holds_in(GROUP, after, 2)]:
        pages.append(page)
        after = page[-1]
    assert pages == [[1, 5], [7, 9]]


async def test_a_persons_holds_are_told_in_every_group(store: Store) -> None:
    """Somebody who subscribes is looked at wherever they are held."""
    await _keep(store, hold(), hold(where=OTHER), hold(UserId(1)))
    await _keep(store, hold(where=OTHER).ended(EndReason.LEFT, AT), hold(where=GroupId(-3)))
    assert [one.group_id for one in await store.holds_of(USER)] == [GROUP, GroupId(-3)]


async def test_active_holds_are_counted(store: Store) -> None:
    """Owed and placed ones count, ended ones do not."""
    assert await store.count_holds() == 0
    await _keep(store, hold(), hold(UserId(1), state=HoldState.OWED))
    await _keep(store, hold(UserId(2)).ended(EndReason.LEFT, AT))
    assert await store.count_holds() == 2


async def test_told_are_those_whom_a_prompt_names(store: Store) -> None:
    """Active or ended, whoever has a prompt is told of, so that it can be rewritten or deleted."""
    ended = hold(UserId(2), prompt_id=MessageId(2)).ended(EndReason.QUALIFIED, AT)
    named = hold(UserId(3), prompt_id=MessageId(2))
    await _keep(store, named, ended, hold(UserId(4)), hold(UserId(5), OTHER, prompt_id=MessageId(2)))
    assert await store.told(GROUP) == [ended, named]


async def test_old_prompts_that_are_still_needed_are_not_read(store: Store) -> None:
    """However many people have been told and wait: only what is recent, or concerns nobody, is."""
    waits = hold(UserId(1), prompt_id=MessageId(1), prompted_at=AT)
    joined = hold(UserId(2), prompt_id=MessageId(1), prompted_at=AT).ended(EndReason.QUALIFIED, AT)
    recent = hold(UserId(3), prompt_id=MessageId(2), prompted_at=AT + 60)
    left = hold(UserId(4), prompt_id=MessageId(3), prompted_at=AT, away=True)
    await store.apply(Changes(holds=(waits, joined, recent, left)))
    assert await store.told(GROUP, AT + 1) == [recent, left]
    assert await store.told(GROUP, AT) == [waits, joined, recent, left]


async def test_untold_are_those_who_wait_for_a_prompt(store: Store) -> None:
    """Placed, there, without a prompt, and told long enough ago; the longest waiting first."""
    await _keep(
        store,
        hold(UserId(1), prompted_at=9.0),
        hold(UserId(2), at=AT + 1),
        hold(UserId(3)),
        hold(UserId(4), prompted_at=11.0),
        hold(UserId(5), state=HoldState.OWED),
        hold(UserId(6), away=True),
        hold(UserId(7), prompt_id=MessageId(1)),
        hold(UserId(8), OTHER),
        hold(UserId(9)).ended(EndReason.LEFT, AT),
        hold(UserId(10), prompted_at=10.0),
    )
    assert [one.user_id for one in await store.untold(GROUP, 10.0, 9)] == [3, 2, 1, 10]
    assert [one.user_id for one in await store.untold(GROUP, 10.0, 2)] == [3, 2]
