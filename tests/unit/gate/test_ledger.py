"""The ledger: stored first, then remembered, then attempted; or nothing at all."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.gate.desk import GROUP, Desk, settle

from gmbot.domain.errors import Unavailable
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import ChannelId, UpdateId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.intents import LEASE_S
from gmbot.gate.ledger import LATE_S

CHANNEL = ChannelId(-1002)
A_GROUP = Group(GROUP, UserId(7), "A group")


async def test_what_is_written_is_remembered(desk: Desk) -> None:
    """The store and the process think alike."""
    await desk.ledger.write(Changes(groups=(A_GROUP,)))
    assert desk.guarded.group(GROUP) == A_GROUP
    assert list(await desk.store.groups()) == [A_GROUP]


async def test_what_could_not_be_stored_is_not_remembered(desk: Desk) -> None:
    """Nothing has changed anywhere."""
    desk.outage.down = True
    with pytest.raises(Unavailable):
        await desk.ledger.write(Changes(groups=(A_GROUP,)))
    assert desk.guarded.group(GROUP) is None


async def test_what_could_not_be_stored_is_not_attempted(desk: Desk) -> None:
    """What is owed is written down before it is attempted."""
    desk.outage.down = True
    with pytest.raises(Unavailable):
        await desk.owe(settle())
    await desk.clock.advance(1)
    assert desk.performed == []


async def test_an_update_is_applied_once(desk: Desk) -> None:
    """Telegram may bring it twice; the second time nothing happens."""
    changes = Changes(update_id=UpdateId(5), owed=(desk.ledger.owe(settle()),))
    assert await desk.ledger.write(changes)
    assert not await desk.ledger.write(changes)
    await desk.outbox.idle()
    assert len(desk.performed) == 1


async def test_a_debt_that_is_due_now_is_stored_with_a_lease(desk: Desk) -> None:
    """Nobody else takes it while this process makes the first attempt."""
    desk.gate.clear()
    owed = await desk.owe(settle())
    assert await desk.store.next_due() == owed.due_at + LEASE_S


async def test_a_debt_for_later_is_stored_with_its_time(desk: Desk) -> None:
    """Whoever is alive then takes it."""
    owed = await desk.owe(settle(), delay_s=60)
    assert await desk.store.next_due() == owed.due_at == desk.clock.now() + 60


async def test_two_debts_of_one_moment_differ(desk: Desk) -> None:
    """A token tells them apart, also while the clock stands still."""
    tokens = [desk.ledger.owe(settle()).token for _ in range(100)]
    assert sorted(set(tokens)) == tokens


async def test_tokens_grow_even_if_the_clock_is_set_back(desk: Desk) -> None:
    """A machine's clock may be corrected."""
    before = desk.ledger.owe(settle()).token
    desk.clock.set(desk.clock.now() - 3600)
    assert desk.ledger.owe(settle()).token > before


@pytest.mark.parametrize(("age_s", "believed"), [(5, True), (15, False), (LATE_S + 1, False)])
async def test_news_from_before_a_channel_was_heard_are_not_believed(
    desk: Desk, age_s: int, believed: bool
) -> None:
    """They come late, and whatever followed them was never told: the store is looked into instead."""
    now = int(desk.clock.now())
    channel = Channel(CHANNEL, "News", heard_since=now - 10)
    group = msgspec.structs.replace(A_GROUP, rule=Rule((CHANNEL,)))
    await desk.ledger.write(Changes(groups=(group,), channels=(channel,)))
    fact = Membership(Stamp(now - age_s, Source.EVENT, 1), MembershipState.IN)
    await desk.ledger.write(Changes(memberships=(LearntMembership(UserId(1), CHANNEL, fact),)))
    assert bool(desk.memory.memberships(UserId(1), (CHANNEL,))) is believed


@pytest.mark.parametrize(("age_s", "believed"), [(5, True), (LATE_S + 1, False)])
async def test_late_news_that_somebody_is_an_admin_are_not_believed(
    desk: Desk, age_s: int, believed: bool
) -> None:
    """They may be no admin any more, and memory knows of no admin's end: the store is looked into instead."""
    stamp = Stamp(int(desk.clock.now()) - age_s, Source.EVENT, 1)
    admin = LearntStanding(GROUP, UserId(1), Standing(Status.ADMINISTRATOR, stamp))
    await desk.ledger.write(Changes(standings=(admin,)))
    assert bool(desk.memory.is_admin(GROUP, UserId(1))) is believed
