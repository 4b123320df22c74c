"""The outbox: what is owed is attempted until it is paid, once at a time, by whoever lives."""

from __future__ import annotations

import asyncio

from tests.unit.gate.desk import Desk, done, settle, unavailable

from gmbot.domain.errors import RefusedError, TooManyRequests
from gmbot.gate.changes import NO_CHANGES, Changes
from gmbot.gate.events import Unforeseen
from gmbot.gate.intents import LEASE_S, Owed
from gmbot.gate.outbox import GIVE_UP_S


def refused(owed: Owed) -> Changes:
    """Telegram says no."""
    raise RefusedError("no")


def busy(owed: Owed) -> Changes:
    """Telegram wants 20 seconds of silence."""
    raise TooManyRequests("slow down", retry_after_s=20)


def mishandled(owed: Owed) -> Changes:
    """We have a bug."""
    raise KeyError("a name")


async def test_what_is_owed_now_is_attempted_at_once_and_paid(desk: Desk) -> None:
    """Without waiting for anybody to look."""
    await desk.owe(settle())
    await desk.outbox.idle()
    assert len(desk.performed) == 1
    assert not await desk.owing()


async def test_what_is_owed_later_is_attempted_when_it_is_due(desk: Desk) -> None:
    """And not before."""
    await desk.owe(settle(), delay_s=60)
    await desk.advance(59)
    assert desk.performed == []
    await desk.advance(2)
    assert len(desk.performed) == 1


async def test_an_earlier_debt_is_not_missed_because_of_a_later_one(desk: Desk) -> None:
    """Whoever naps is woken for what falls due first."""
    await desk.owe(settle(1), delay_s=20)
    await desk.advance(1)
    await desk.owe(settle(2), delay_s=5)
    await desk.advance(6)
    assert [owed.intent for owed in desk.performed] == [settle(2)]


async def test_what_a_first_attempt_holds_is_kept_from_others(desk: Desk) -> None:
    """Two processes do not do the same work."""
    desk.gate.clear()
    await desk.owe(settle())
    await desk.clock.advance(0)
    assert await desk.store.claim(desk.clock.now(), LEASE_S, 10) == []


async def test_what_a_process_died_over_is_taken_up_by_another(desk: Desk) -> None:
    """The lease runs out, and what was stored is still owed."""
    dead = Desk(desk.clock, desk.database)
    dead.gate.clear()
    await dead.owe(settle())
    await desk.advance(LEASE_S + 31)
    assert len(desk.performed) == 1
    dead.gate.set()
    await dead.outbox.stop(0)


async def test_a_debt_that_is_owed_again_while_it_is_attempted_is_attempted_after(desk: Desk) -> None:
    """The attempt that runs may not have seen what is new; two at once would fight."""
    desk.gate.clear()
    await desk.owe(settle())
    await desk.clock.advance(0)
    for _ in range(3):
        await desk.owe(settle())
    await desk.clock.advance(0)
    assert len(desk.performed) == 1
    desk.gate.set()
    await desk.outbox.idle()
    assert len(desk.performed) == 2
    assert desk.most_at_once == 1
    assert not await desk.owing()


async def test_an_attempt_pays_only_the_debt_that_it_saw(desk: Desk) -> None:
    """What was owed meanwhile is still owed, even if this process dies now."""
    desk.gate.clear()
    await desk.owe(settle())
    await desk.clock.advance(0)
    later = desk.ledger.owe(settle())
    await desk.store.apply(Changes(owed=(later,)))
    desk.gate.set()
    await desk.outbox.idle()
    assert await desk.owing()


async def test_different_debts_are_attempted_side_by_side(desk: Desk) -> None:
    """One slow call does not hold up the others."""
    desk.gate.clear()
    for user in range(5):
        await desk.owe(settle(user))
    await desk.clock.advance(0)
    assert desk.most_at_once == 5


async def test_an_attempt_that_failed_for_now_is_made_again(desk: Desk) -> None:
    """With the number of attempts told."""
    desk.act = unavailable
    await desk.owe(settle())
    await desk.outbox.idle()
    desk.act = done
    await desk.advance(5)
    assert [owed.attempts for owed in desk.performed] == [0, 1]
    assert not await desk.owing()


async def test_attempts_grow_rarer(desk: Desk) -> None:
    """A long outage is not met with a flood."""
    desk.act = unavailable
    await desk.owe(settle())
    await desk.advance(600)
    assert 10 <= len(desk.performed) <= 20


async def test_telegrams_wish_for_silence_is_obeyed(desk: Desk) -> None:
    """`retry_after` is law."""
    desk.act = busy
    await desk.owe(settle())
    await desk.advance(18)
    assert len(desk.performed) == 1
    await desk.advance(4)
    assert len(desk.performed) == 2


async def test_what_was_refused_is_dropped_and_told(desk: Desk) -> None:
    """The same call would be refused again."""
    desk.act = refused
    await desk.owe(settle())
    await desk.outbox.idle()
    assert not await desk.owing()
    (failure,) = desk.failures
    assert (failure.error, failure.retry_in_s) == ("RefusedError", None)


async def test_what_could_not_be_paid_in_a_day_is_given_up(desk: Desk) -> None:
    """Somebody who speaks or joins again is owed anew."""
    desk.act = unavailable
    await desk.owe(settle())
    await desk.outbox.idle()
    desk.clock.set(desk.clock.now() + GIVE_UP_S + 1)
    await desk.advance(40)
    assert not await desk.owing()
    assert desk.failures[-1].retry_in_s is None


async def test_what_an_attempt_owes_next_is_written_and_attempted(desk: Desk) -> None:
    """In the same transaction that pays the first."""
    desk.act = lambda owed: (
        Changes(owed=(desk.ledger.owe(settle(2)),)) if owed.intent == settle(1) else NO_CHANGES
    )
    await desk.owe(settle(1))
    await desk.outbox.idle()
    assert [owed.intent for owed in desk.performed] == [settle(1), settle(2)]
    assert not await desk.owing()


async def test_a_debt_whose_payment_could_not_be_stored_is_attempted_again(desk: Desk) -> None:
    """Every attempt decides anew, so one too many is harmless."""
    desk.gate.clear()
    await desk.owe(settle())
    await desk.clock.advance(0)
    desk.outage.down = True
    desk.gate.set()
    await desk.outbox.idle()
    desk.outage.down = False
    await desk.advance(LEASE_S + 61)
    assert len(desk.performed) == 2
    assert not await desk.owing()


async def test_a_store_that_is_down_stops_nothing_for_good(desk: Desk) -> None:
    """What fell due meanwhile is taken up when it answers."""
    await desk.owe(settle(), delay_s=10)
    desk.outage.down = True
    await desk.advance(120)
    assert desk.performed == []
    desk.outage.down = False
    await desk.advance(61)
    assert len(desk.performed) == 1


async def test_more_than_a_batch_is_taken_up_too(desk: Desk) -> None:
    """Whatever another process left behind."""
    other = Desk(desk.clock, desk.database)
    owed = tuple(other.ledger.owe(settle(user), delay_s=5) for user in range(350))
    await other.ledger.write(Changes(owed=owed))
    await desk.advance(40)
    assert len(desk.performed) == 350
    assert not await desk.owing()
    await other.outbox.stop(0)


async def test_once_stopped_nothing_new_is_begun_and_all_stays_owed(desk: Desk) -> None:
    """The next process finds it."""
    await desk.outbox.stop(1.0)
    await desk.owe(settle())
    await desk.clock.advance(1)
    assert desk.performed == []
    assert await desk.owing()


async def test_a_stop_lets_what_runs_end(desk: Desk) -> None:
    """Within its grace."""
    desk.gate.clear()
    await desk.owe(settle())
    await desk.clock.advance(0)
    stopping = asyncio.create_task(desk.outbox.stop(5.0))
    await desk.clock.advance(0)
    desk.gate.set()
    await stopping
    assert not await desk.owing()


async def test_a_debt_that_we_mishandle_is_told_of_and_tried_again_ever_more_rarely(desk: Desk) -> None:
    """It may be a race that is over the next time; it must not fill the log for a day."""
    desk.act = mishandled
    await desk.owe(settle())
    await desk.advance(3600)
    assert 5 <= len(desk.performed) <= 20
    told = [event for event in desk.events if isinstance(event, Unforeseen)]
    assert (told[0].where, told[0].error) == ("outbox", "KeyError")
    assert isinstance(told[0].cause, KeyError)
    desk.act = done
    await desk.advance(700)
    assert not await desk.owing()


async def test_a_debt_that_we_mishandle_is_dropped_after_a_day(desk: Desk) -> None:
    """Like any other: it never wedges anything."""
    desk.act = mishandled
    await desk.owe(settle())
    await desk.outbox.idle()
    desk.clock.set(desk.clock.now() + GIVE_UP_S + 1)
    await desk.advance(700)
    assert not await desk.owing()
    assert (desk.failures[-1].error, desk.failures[-1].retry_in_s) == ("KeyError", None)


async def test_debts_that_we_mishandle_hold_up_no_other(desk: Desk) -> None:
    """However many there are."""
    desk.act = lambda owed: done(owed) if owed.intent == settle(999) else mishandled(owed)
    for user in range(200):
        await desk.owe(settle(user))
    await desk.owe(settle(999))
    await desk.outbox.idle()
    assert desk.performed[-1].intent == settle(999)
    assert len(desk.failures) == 200
