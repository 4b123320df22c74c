"""A stop of polling: what is being handled finishes, nothing more begins, nobody is waited for in vain."""

from __future__ import annotations

import asyncio

from tests.fixtures.telegram import PATIENCE_S, message_update, until
from tests.unit.telegram.poll_stage import LOST, batch, stage


async def test_a_stop_confirms_with_a_second_to_spare_at_most() -> None:
    """Best effort: an update that comes again is recognised."""
    on = stage(batch(message_update(5)))
    on.gates[5] = asyncio.Event()
    on.script.answers.append(LOST)
    running = asyncio.ensure_future(on.poller.run())
    await on.begun.wait()
    stopping = asyncio.ensure_future(on.poller.stop())
    await asyncio.sleep(0)
    on.gates[5].set()
    await asyncio.gather(running, stopping)
    assert on.script.calls[-1] == (
        "getUpdates",
        {"offset": 6, "limit": 1, "timeout": 0, "allowed_updates": on.script.calls[1][1]["allowed_updates"]},
    )
    assert on.script.timeouts[-1] == 1.0


async def test_a_stop_lets_what_is_being_handled_finish_and_begins_nothing_more() -> None:
    """Only what comes before the first unhandled update is confirmed."""
    on = stage(batch(message_update(5), message_update(6), message_update(7, chat_id=-1002)))
    on.gates[5] = asyncio.Event()
    on.script.answers.append(batch())
    running = asyncio.ensure_future(on.poller.run())
    await until(lambda: on.handled == [7])
    stopping = asyncio.ensure_future(on.poller.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    on.gates[5].set()
    await asyncio.gather(running, stopping)
    assert on.handled == [7, 5]
    assert on.offsets == [0, 6]


async def test_a_stop_in_an_outage_does_not_wait_for_its_end() -> None:
    """The pause is broken off, and nothing is asked any more."""
    on = stage(LOST)
    asleep = asyncio.Event()

    async def sleep(delay_s: float) -> None:
        asleep.set()
        await asyncio.get_running_loop().create_future()

    on.clock.sleep = sleep  # type: ignore[method-assign]
    running = asyncio.ensure_future(on.poller.run())
    await asyncio.wait_for(asleep.wait(), PATIENCE_S)
    await asyncio.wait_for(on.poller.stop(), PATIENCE_S)
    await running
    assert on.offsets == [0]


async def test_a_stop_does_not_wait_for_a_poll_that_nobody_answers() -> None:
    """It would take 50 s."""
    on = stage()
    running = asyncio.ensure_future(on.poller.run())
    await on.script.hanging.wait()
    await asyncio.wait_for(on.poller.stop(), PATIENCE_S)
    await running
    assert on.offsets == [0]


async def test_a_poller_that_never_ran_stops_at_once() -> None:
    """There is nothing to wait for."""
    on = stage()
    await asyncio.wait_for(on.poller.stop(), PATIENCE_S)
