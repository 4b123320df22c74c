"""Store: what is owed, paid, postponed and claimed."""

from __future__ import annotations

import asyncio
from typing import get_args

from tests.contract.store.conftest import Bots
from tests.contract.store.material import AT, CHANNEL, GROUP, USER, owed

from gmbot.domain.ids import GroupId, MessageId, UserId
from gmbot.domain.standing import MUTED, Restriction
from gmbot.gate.changes import Changes
from gmbot.gate.intents import (
    Approve,
    BlockSender,
    Delete,
    Intent,
    Judge,
    Owed,
    Prompt,
    Resettle,
    Restore,
    Rewrite,
    Say,
    Settle,
    SettleEverywhere,
)
from gmbot.gate.outgoing import Address, Button, Note
from gmbot.gate.ports import Store

NOTE = Note("<b>Hi</b>", ((Button("Join", url="https://t.me/x"), Button("Verify", data="v:1")),))
INTENTS: tuple[Intent, ...] = (
    Approve(GROUP, USER, 77, 5, told=True),
    Restore(GROUP, USER, True, Restriction(MUTED, 7)),
    Resettle(GROUP),
    SettleEverywhere(CHANNEL, USER),
    Settle(GROUP, USER, "Ann"),
    Judge(GROUP, USER, MessageId(1), 5, name="Ann"),
    BlockSender(GROUP, -5),
    Delete(GROUP, (MessageId(1), MessageId(2))),
    Prompt(GROUP),
    Rewrite(GROUP, MessageId(1), NOTE),
    Say("hello", Address(GROUP, reply_to=MessageId(4)), NOTE, lifetime_s=60.0),
)


async def _all_intents(store: Store) -> list[Intent]:
    return [one.intent for one in await store.claim(AT + 1_000_000, 1, 1000)]


async def test_every_kind_of_intent_comes_back_whole(store: Store) -> None:
    """What was written down is what is attempted."""
    await store.apply(Changes(owed=tuple(owed(intent) for intent in INTENTS)))
    assert set(await _all_intents(store)) == set(INTENTS)
    assert {type(intent) for intent in INTENTS} == set(get_args(Intent))


async def test_the_most_urgent_are_claimed_first_then_the_oldest(store: Store) -> None:
    """A release never waits behind a prompt."""
    late, early = Settle(GROUP, UserId(1)), Settle(GROUP, UserId(2))
    debts = (
        owed(Prompt(GROUP), due_at=AT - 9),
        owed(late, due_at=AT - 1),
        owed(Judge(GROUP, USER, MessageId(1), 1), due_at=AT - 8),
        owed(early, due_at=AT - 2),
    )
    await store.apply(Changes(owed=debts))
    first = [one.intent for one in await store.claim(AT, 60, 3)]
    assert first == [early, late, debts[2].intent]
    assert [one.intent for one in await store.claim(AT, 60, 3)] == [Prompt(GROUP)]


async def test_what_is_not_due_is_not_claimed(store: Store) -> None:
    """An intent waits for its moment, to the very instant."""
    await store.apply(Changes(owed=(owed(due_at=AT + 0.25),)))
    assert not await store.claim(AT, 60, 9)
    assert await store.claim(AT + 0.25, 60, 9) == [owed(due_at=AT + 0.25)]


async def test_what_is_claimed_is_kept_from_others_for_the_lease(store: Store) -> None:
    """Nobody else attempts it meanwhile, and anybody may after."""
    await store.apply(Changes(owed=(owed(),)))
    assert len(await store.claim(AT, 60, 9)) == 1
    assert not await store.claim(AT + 59, 60, 9)
    assert [one.intent for one in await store.claim(AT + 60, 60, 9)] == [owed().intent]


async def test_no_debt_is_claimed_by_two(store: Store) -> None:
    """Processes that claim at the same time share the work."""
    people = [UserId(number) for number in range(1, 41)]
    await store.apply(Changes(owed=tuple(owed(Settle(GROUP, person)) for person in people)))
    shares = await asyncio.gather(*(store.claim(AT, 60, 10) for _ in range(8)))
    claimed = [one.key for share in shares for one in share]
    assert len(claimed) == len(set(claimed))
    rest = [one.key for one in await store.claim(AT, 60, 40)]
    assert len(claimed) + len(rest) == len(people)


FAR_S = 900.0
"""Nothing that failed is put off further by a clock that is right."""


async def _brought_forward(store: Store, *debts: Owed) -> list[Owed]:
    """Return what debts are once the clock is seen to say AT, by the time when they are due."""
    await store.apply(Changes(owed=debts))
    await store.bring_forward(AT, FAR_S, 5.0)
    found = [*await store.claim(AT + 1_000_000, 1, 9)]
    return sorted(found, key=lambda one: one.due_at)


async def test_what_failed_before_the_clock_was_put_back_is_due_soon(store: Store) -> None:
    """However long ago it is owed since: it was put off by a clock that was wrong, or is."""
    old, new = Settle(GROUP, UserId(1)), Prompt(GROUP)
    debts = (
        owed(old, due_at=AT + 3600, owed_at=AT - 3600, attempts=5),
        owed(new, due_at=AT + 3601, owed_at=AT + 3599, attempts=1),
    )
    assert await _brought_forward(store, *debts) == [
        owed(old, due_at=AT + 5, owed_at=AT - 3600, attempts=5),
        owed(new, due_at=AT + 5, owed_at=AT, attempts=1),
    ]


async def test_what_was_begun_before_the_clock_was_put_back_is_leased_as_long_as_ever(store: Store) -> None:
    """It is not owed since a moment that is to come."""
    debt = owed(due_at=AT + 3615, owed_at=AT + 3600)
    assert await _brought_forward(store, debt) == [owed(due_at=AT + 15, owed_at=AT)]


async def test_what_is_meant_to_wait_waits(store: Store) -> None:
    """A note that deletes itself after a day, and what failed a moment ago."""
    waiting = (
        owed(Settle(GROUP, UserId(1)), due_at=AT + FAR_S, owed_at=AT, attempts=9),
        owed(Delete(GROUP, (MessageId(1),)), due_at=AT + 86_400, owed_at=AT - 1),
    )
    assert await _brought_forward(store, *waiting) == list(waiting)


async def test_another_bots_debts_are_not_brought_forward(store: Store, bots: Bots) -> None:
    """Each looks after its own."""
    debt, other = owed(due_at=AT + 3600, attempts=1), bots.new()
    await other.apply(Changes(owed=(debt,)))
    await store.bring_forward(AT, FAR_S, 5.0)
    assert await other.next_due() == debt.due_at


async def test_next_due_is_the_first_moment(store: Store) -> None:
    """Whoever waits knows until when."""
    assert await store.next_due() is None
    await store.apply(Changes(owed=(owed(due_at=AT + 5), owed(Prompt(GROUP), due_at=AT + 3.5))))
    assert await store.next_due() == AT + 3.5


async def test_a_debt_owed_twice_is_one_and_keeps_the_earlier_moments(store: Store) -> None:
    """The newer body and token count from the moment when the older was due."""
    older = owed(due_at=AT + 1, token=1, attempts=4)
    newer = owed(Settle(GROUP, USER, "New name"), due_at=AT + 9, token=2, owed_at=AT + 8)
    await store.apply(Changes(owed=(older,)))
    await store.apply(Changes(owed=(newer,)))
    assert await store.claim(AT + 1, 60, 9) == [owed(newer.intent, due_at=AT + 1, token=2)]


async def test_a_debt_owed_sooner_is_due_sooner(store: Store) -> None:
    """News does not wait for an old back-off."""
    await store.apply(Changes(owed=(owed(due_at=AT + 300),)))
    await store.apply(Changes(owed=(owed(due_at=AT, token=2),)))
    assert await store.next_due() == AT


async def test_of_two_debts_of_one_key_at_once_the_last_counts(store: Store) -> None:
    """One step may owe the same twice."""
    await store.apply(Changes(owed=(owed(due_at=AT, token=1), owed(due_at=AT + 5, token=2))))
    assert await store.claim(AT, 60, 9) == [owed(token=2)]


async def test_a_paid_debt_is_gone(store: Store) -> None:
    """What is done is not owed."""
    await store.apply(Changes(owed=(owed(),)))
    await store.apply(Changes(paid=(owed(),)))
    assert await store.next_due() is None


async def test_paying_with_an_old_token_is_no_payment(store: Store) -> None:
    """An attempt pays only the debt that it saw."""
    await store.apply(Changes(owed=(owed(token=1),)))
    await store.apply(Changes(owed=(owed(token=2),)))
    await store.apply(Changes(paid=(owed(token=1),)))
    assert await store.next_due() == AT


async def test_a_postponed_debt_is_due_later_with_its_attempts(store: Store) -> None:
    """A failed attempt is counted and made again."""
    await store.apply(Changes(owed=(owed(),)))
    await store.apply(Changes(postponed=(owed(due_at=AT + 30, attempts=2),)))
    assert not await store.claim(AT + 29, 60, 9)
    assert await store.claim(AT + 30, 60, 9) == [owed(due_at=AT + 30, attempts=2)]


async def test_postponing_with_an_old_token_changes_nothing(store: Store) -> None:
    """News that came during an attempt is not put off by its failure."""
    await store.apply(Changes(owed=(owed(token=2),)))
    await store.apply(Changes(postponed=(owed(due_at=AT + 30, token=1, attempts=2),)))
    assert await store.claim(AT, 60, 9) == [owed(token=2)]


async def test_a_debt_may_be_paid_and_owed_anew_in_one_step(store: Store) -> None:
    """Paying comes first, so what is owed anew does not inherit the old moment."""
    await store.apply(Changes(owed=(owed(),)))
    await store.apply(Changes(paid=(owed(),), owed=(owed(due_at=AT + 60, token=2),)))
    assert await store.next_due() == AT + 60


async def test_large_tokens_are_told_apart(store: Store) -> None:
    """A token may be as large as a time in nanoseconds."""
    await store.apply(Changes(owed=(owed(token=2**62 + 1),)))
    await store.apply(Changes(paid=(owed(token=2**62),)))
    assert [one.token for one in await store.claim(AT, 60, 9)] == [2**62 + 1]


async def test_debts_of_different_groups_are_different(store: Store) -> None:
    """A key names its place."""
    intents = [Settle(GROUP, USER), Settle(GroupId(-7), USER)]
    await store.apply(Changes(owed=tuple(owed(intent) for intent in intents)))
    assert len(await _all_intents(store)) == 2
