"""Polling: in order within a queue, confirmed only when handled, never given up."""

from __future__ import annotations

import asyncio

import pytest
from tests.fixtures.telegram import message_update, no, of_type, ok, until
from tests.unit.telegram.poll_stage import LOST, batch, stage

from gmbot.domain.errors import ConfigurationError, TransientError
from gmbot.domain.ids import UpdateId
from gmbot.gate.events import DependencyChanged, Lifecycle
from gmbot.gate.incoming import Unreadable


async def test_a_poll_begins_by_taking_the_webhook_away_and_drops_nothing() -> None:
    """What waits at Telegram is the first durable buffer."""
    on = stage()
    await on.run()
    assert on.script.calls[0] == ("deleteWebhook", {})


async def test_a_poll_asks_for_what_the_bot_needs() -> None:
    """`chat_member` is not among Telegram's defaults."""
    on = stage()
    await on.run()
    _, poll = on.script.calls[1]
    assert poll == {
        "offset": 0,
        "limit": 100,
        "timeout": 4,
        "allowed_updates": [
            "message",
            "edited_message",
            "chat_member",
            "my_chat_member",
            "callback_query",
            "chat_join_request",
        ],
    }
    assert on.script.timeouts[1] == 14


async def test_a_poll_waits_longer_the_longer_nothing_happens() -> None:
    """Where much happens an answer that gets lost leaves the bot deaf for seconds, not for a minute."""
    on = stage(*[batch()] * 5, batch(message_update(5)), batch())
    await on.run()
    waits = [arguments["timeout"] for method, arguments in on.script.calls if method == "getUpdates"]
    assert waits[:8] == [4, 8, 16, 32, 50, 50, 4, 8]


async def test_a_batch_is_confirmed_by_the_next_poll() -> None:
    """Once every one of its updates is handled."""
    on = stage(batch(message_update(5), message_update(6)))
    await on.run()
    assert on.handled == [5, 6]
    assert on.offsets[:2] == [0, 7]


async def test_an_update_that_comes_twice_in_a_batch_is_handled_once() -> None:
    """Duplicates happen."""
    on = stage(batch(message_update(5), message_update(5)))
    await on.run()
    assert on.handled == [5]


async def test_queues_do_not_wait_for_each_other() -> None:
    """A slow chat holds up itself; within it, order is kept."""
    on = stage(
        batch(
            message_update(5),
            message_update(6),
            message_update(7, chat_id=-1002),
            message_update(8, chat_id=-1002),
        )
    )
    on.gates[5] = asyncio.Event()
    running = asyncio.ensure_future(on.run())
    await until(lambda: on.handled == [7, 8])
    on.gates[5].set()
    await running
    assert on.handled == [7, 8, 5, 6]


async def test_nothing_is_confirmed_while_an_update_is_being_handled() -> None:
    """A crash now brings it again."""
    on = stage(batch(message_update(5)))
    on.gates[5] = asyncio.Event()
    running = asyncio.ensure_future(on.run())
    await on.begun.wait()
    assert on.offsets == [0]
    on.gates[5].set()
    await running


async def test_an_update_that_fails_is_tried_again_and_those_behind_it_wait() -> None:
    """With growing pauses; what was handled is not handled again, and nothing is confirmed meanwhile."""
    on = stage(
        batch(message_update(5), message_update(6), message_update(7), message_update(8, chat_id=-1002))
    )
    on.trouble[6] = [TransientError("database down")] * 3
    await on.run()
    assert on.handled == [5, 8, 6, 7]
    assert on.clock.naps == [0.5, 1.0, 2.0]
    assert on.offsets[:2] == [0, 9]


async def test_an_outage_never_ends_the_poll() -> None:
    """The pauses grow to 30 s and no further."""
    on = stage(*[LOST] * 12, batch(message_update(5)))
    await on.run()
    assert on.handled == [5]
    assert on.clock.naps[:3] == [0.5, 1.0, 2.0]
    assert max(on.clock.naps) == 30.0


async def test_an_outage_is_told_of_when_it_begins_and_when_it_ends() -> None:
    """Once each."""
    on = stage(LOST, LOST, batch())
    await on.run()
    assert [event.connected for event in of_type(DependencyChanged, on.events)] == [True, False, True]


async def test_a_429_is_waited_out() -> None:
    """However long it says."""
    on = stage(no(429, "Too Many Requests", retry_after=90), batch(message_update(5)))
    await on.run()
    assert sum(on.clock.naps) >= 90
    assert on.handled == [5]


async def test_a_refused_token_ends_the_poll() -> None:
    """Nothing but the operator can mend it."""
    on = stage(no(401, "Unauthorized"))
    with pytest.raises(ConfigurationError):
        await on.poller.run()


async def test_another_poller_is_told_of_once_and_outlasted() -> None:
    """Two processes with one token: each hears of it, neither gives up."""
    conflict = no(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
    )
    on = stage(conflict, conflict, batch(message_update(5)))
    await on.run()
    assert [event.stage for event in of_type(Lifecycle, on.events)] == ["contested"]
    assert on.handled == [5]


async def test_a_webhook_set_meanwhile_is_taken_away() -> None:
    """The operator chose polling."""
    conflict = no(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook …")
    on = stage(conflict, ok(), batch(message_update(5)))
    await on.run()
    assert on.script.methods[1:3] == ["getUpdates", "deleteWebhook"]
    assert on.handled == [5]


async def test_a_malformed_update_is_set_aside_and_blocks_nobody() -> None:
    """It goes to whoever handles updates, so that it is told of, and is confirmed."""
    on = stage(batch(message_update(5), {"update_id": 6, "message": "?"}, message_update(7)))
    await on.run()
    assert sorted(on.handled) == [5, 6, 7]
    payload = '{"update_id":6,"message":"<1 characters>"}'
    assert Unreadable(update_id=UpdateId(6), kind="message", payload=payload) in on.seen
    assert on.offsets[:2] == [0, 8]


async def test_an_update_without_an_id_blocks_no_other() -> None:
    """It is confirmed with the one behind it."""
    on = stage(batch(message_update(5), {"message": {}}, message_update(7)))
    await on.run()
    assert sorted(on.handled) == [5, 7]
    assert on.offsets[:2] == [0, 8]


async def test_an_update_that_trips_the_translation_blocks_no_other() -> None:
    """It goes to whoever sets aside, with what went wrong."""
    on = stage(batch(message_update(5), message_update(6), message_update(7)))
    on.tripping = 6
    await on.run()
    assert sorted(on.handled) == [5, 6, 7]
    (strange,) = [update for update in on.seen if isinstance(update, Unreadable)]
    assert (strange.kind, type(strange.failure)) == ("message", KeyError)


@pytest.mark.parametrize("result", [{"updates": []}, [{"message": {}}], 5])
async def test_a_batch_without_ids_is_an_outage(result: object) -> None:
    """There is nothing that could be confirmed."""
    on = stage(ok(result), batch(message_update(5)))
    await on.run()
    assert on.handled == [5]
    assert on.clock.naps == [0.5]


async def test_a_fault_of_ours_is_not_mistaken_for_an_outage() -> None:
    """It ends the run, unconfirmed, and is seen."""
    on = stage(batch(message_update(5)))
    on.trouble[5] = [ZeroDivisionError()]
    with pytest.raises(ZeroDivisionError):
        await on.poller.run()
    assert on.offsets == [0]


async def test_what_passes_is_confirmed_at_once_and_handled_by_nobody() -> None:
    """The common case costs no task."""
    on = stage(batch(message_update(5), message_update(6)))
    on.known = {7}
    await on.run()
    assert (on.passed, on.handled) == ([5, 6], [])
    assert on.offsets[:2] == [0, 7]


async def test_when_more_is_waiting_whoever_wrote_is_looked_up_first() -> None:
    """Of a whole answer at once, before anything of it is handled: then they pass."""
    on = stage(batch(*(message_update(number) for number in range(1, 101))))
    on.knowable = {7}
    await on.run()
    assert on.foreseen == [list(range(1, 101))]
    assert (len(on.passed), on.handled) == (100, [])


async def test_while_everybody_is_known_nobody_is_looked_up() -> None:
    """An answer of people who are known costs one look; after one with many others there is another."""
    first = [message_update(number) for number in range(1, 101)]
    known = [message_update(number) for number in range(101, 201)]
    rest = [message_update(number) for number in range(201, 301)]
    on = stage(batch(*first), batch(*known), batch(*rest))
    on.knowable = {7}
    await on.run()
    assert [len(seen) for seen in on.foreseen] == [100, 100]
    assert len(on.passed) == 300


async def test_a_few_messages_wait_for_no_look_ahead() -> None:
    """Each is handled as soon as it has come."""
    on = stage(batch(*(message_update(number) for number in range(1, 100))))
    await on.run()
    assert (on.foreseen, len(on.handled)) == ([], 99)


async def test_what_was_fetched_before_is_not_looked_up_again() -> None:
    """While something is not over, Telegram's answers begin with it, again and again."""
    first = [message_update(number, chat_id=-1000 - number) for number in range(1, 101)]
    late = message_update(101, chat_id=-2000)
    on = stage(batch(*first), batch(first[0], *first[2:], late), overtake_s=0.05)
    on.gates[1] = asyncio.Event()
    running = asyncio.ensure_future(on.poller.run())
    await until(lambda: len(on.foreseen) == 2)
    on.gates[1].set()
    await on.poller.stop()
    await running
    assert on.foreseen == [list(range(1, 101)), [101]]


async def test_nothing_passes_behind_a_command_that_is_not_over() -> None:
    """It may change who is let through in that chat; elsewhere people pass."""
    command = {"text": "/protect @n", "entities": [{"type": "bot_command", "offset": 0, "length": 8}]}
    on = stage(
        batch(message_update(5, command), message_update(6), message_update(7, chat_id=-1002)),
    )
    on.known = {7}
    on.gates[5] = asyncio.Event()
    running = asyncio.ensure_future(on.run())
    await on.begun.wait()
    assert (on.passed, on.handled) == ([7], [])
    on.gates[5].set()
    await running
    assert on.handled == [5, 6]
    assert on.offsets[:2] == [0, 8]


async def test_a_slow_update_is_overtaken_and_not_confirmed() -> None:
    """What follows is fetched, handled once, and confirmed when the slow one is."""
    slow, quick, late = message_update(5), message_update(6, chat_id=-1002), message_update(7, chat_id=-1003)
    on = stage(batch(slow, quick), batch(slow, quick, late), overtake_s=0.05)
    on.gates[5] = asyncio.Event()
    running = asyncio.ensure_future(on.poller.run())
    await until(lambda: on.handled == [6, 7])
    assert set(on.offsets) == {0, 5}
    on.gates[5].set()
    await until(lambda: 8 in on.offsets)
    await on.poller.stop()
    await running
    assert on.handled == [6, 7, 5]


async def test_a_full_answer_is_confirmed_by_halves() -> None:
    """More is waiting then: the next answer is fetched while the rest is being handled."""
    full = batch(*(message_update(number, chat_id=-1000 - number) for number in range(1, 101)))
    on = stage(full)
    on.gates = {number: asyncio.Event() for number in range(51, 101)}
    running = asyncio.ensure_future(on.poller.run())
    await until(lambda: 51 in on.offsets)
    for gate in on.gates.values():
        gate.set()
    await until(lambda: len(on.handled) == 100)
    await on.poller.stop()
    await running
    assert on.script.calls[-1][1]["offset"] == 101
