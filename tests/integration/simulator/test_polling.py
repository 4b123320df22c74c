"""getUpdates waits, confirms and conflicts as on Telegram's server."""

import asyncio

import pytest
from tests.integration.simulator.callers import Answer, Caller
from tests.integration.simulator.stage import TOKEN, Stage, eventually

from gmbot.simulator.polling import MAX_TIMEOUT_S

WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


async def test_a_short_poll_answers_at_once(caller: Caller) -> None:
    """Without a timeout, nothing is an answer too."""
    assert (await caller.call("getUpdates")).result == []


async def test_a_long_poll_returns_as_soon_as_something_happens(caller: Caller, stage: Stage) -> None:
    """No virtual time has to pass."""
    poll = await _waiting(caller, stage, timeout=30)
    stage.world.say(stage.owner, stage.group, "hello")
    updates = (await poll).result
    assert [update["message"]["text"] for update in updates] == ["hello"]


async def test_a_long_poll_ends_empty_when_its_time_is_over(caller: Caller, stage: Stage) -> None:
    """The timeout is on the world's clock."""
    poll = await _waiting(caller, stage, timeout=30)
    await stage.clock.advance(29)
    assert not poll.done()
    await stage.clock.advance(1)
    assert (await poll).result == []


async def test_a_poll_waits_fifty_seconds_at_most(caller: Caller, stage: Stage) -> None:
    """A longer timeout is clamped."""
    poll = await _waiting(caller, stage, timeout=3600)
    await stage.clock.advance(MAX_TIMEOUT_S)
    assert (await poll).result == []


@pytest.mark.parametrize(("limit", "count"), [(0, 1), (1, 1), (7, 7), (100, 100), (5000, 100)])
async def test_the_limit_is_clamped(caller: Caller, stage: Stage, limit: int, count: int) -> None:
    """Between 1 and 100."""
    for _ in range(120):
        stage.world.say(stage.owner, stage.group)
    assert len((await caller.call("getUpdates", limit=limit)).result) == count


async def test_an_offset_confirms_what_lies_below(caller: Caller, stage: Stage) -> None:
    """Unconfirmed updates are answered again and again."""
    for _ in range(3):
        stage.world.say(stage.owner, stage.group)
    first = [update["update_id"] for update in (await caller.call("getUpdates")).result]
    again = (await caller.call("getUpdates", offset=first[0] + 2)).result
    assert [update["update_id"] for update in again] == first[2:]
    assert len(stage.mailbox) == 1


async def test_a_negative_offset_keeps_the_last(caller: Caller, stage: Stage) -> None:
    """Everything before is forgotten."""
    for text in ("one", "two", "three"):
        stage.world.say(stage.owner, stage.group, text)
    last = (await caller.call("getUpdates", offset=-1)).result
    assert [update["message"]["text"] for update in last] == ["three"]
    assert len(stage.mailbox) == 1


async def test_polling_conflicts_with_a_webhook(caller: Caller) -> None:
    """409, and the text says what to do."""
    await caller.call("setWebhook", url="http://127.0.0.1:9/")
    answer = await caller.call("getUpdates")
    assert (answer.status, answer.description) == (409, WEBHOOK_ACTIVE)
    await caller.call("deleteWebhook")
    assert (await caller.call("getUpdates")).status == 200


async def test_a_second_poll_ends_the_older(caller: Caller, stage: Stage) -> None:
    """Two instances of one bot are one too many."""
    older = await _waiting(caller, stage, timeout=50)
    younger = asyncio.create_task(caller.call("getUpdates", timeout=50))
    answer = await older
    assert (answer.status, answer.description) == (409, OTHER_POLL)
    stage.world.say(stage.owner, stage.group)
    assert len((await younger).result) == 1


async def test_setting_a_webhook_ends_the_waiting_poll(caller: Caller, stage: Stage) -> None:
    """409 with its own text."""
    poll = await _waiting(caller, stage, timeout=50)
    await caller.call("setWebhook", url="http://127.0.0.1:9/")
    answer = await poll
    assert (answer.status, answer.description) == (409, "Conflict: terminated by setWebhook request")


async def test_stopping_the_server_answers_the_waiting_poll(caller: Caller, stage: Stage) -> None:
    """Nobody waits for a server that is gone."""
    poll = await _waiting(caller, stage, timeout=50)
    await stage.simulator.stop()
    try:
        assert (await poll).result == []
    finally:
        await stage.simulator.start()


async def test_a_poll_whose_client_left_takes_no_updates(caller: Caller, stage: Stage) -> None:
    """The next poll gets them, and does not conflict."""
    poll = await _waiting(caller, stage, timeout=50)
    poll.cancel()
    await eventually(lambda: stage.simulator.calls.of("getUpdates"))
    stage.world.say(stage.owner, stage.group)
    assert len((await caller.call("getUpdates")).result) == 1


async def test_allowed_updates_are_taken_from_a_form(caller: Caller, stage: Stage) -> None:
    """As a JSON string."""
    body = b"allowed_updates=%5B%22chat_member%22%5D"
    await caller.send(f"/bot{TOKEN}/getUpdates", body, "application/x-www-form-urlencoded")
    assert stage.mailbox.allowed == {"chat_member"}


async def _waiting(caller: Caller, stage: Stage, *, timeout: int) -> asyncio.Task[Answer]:
    """A poll that has reached the server and found nothing."""
    poll = asyncio.create_task(caller.call("getUpdates", timeout=timeout))
    await eventually(lambda: stage.clock.next_wake)
    return poll
