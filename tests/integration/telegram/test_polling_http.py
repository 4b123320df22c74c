"""Polling the simulator over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fixtures.telegram import until
from tests.integration.telegram.conftest import Box

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.polling import Poller
from gmbot.adapters.telegram.queues import Handle
from gmbot.domain.errors import TransientError
from gmbot.domain.ids import GroupId, UserId
from gmbot.domain.standing import MUTED, Restriction, Status
from gmbot.gate.incoming import BotChanged, ButtonTapped, Incoming, MemberChanged, MessageSeen
from gmbot.gate.outgoing import Address, Button, Note
from gmbot.resilience.backoff import Backoff
from gmbot.simulator import Fault, FaultKind


def poller(box: Box, client: BotClient, handle: Handle | None = None) -> Poller:
    """A poller whose pauses are short."""
    return Poller(
        client,
        handle or box.hear,
        clock=box.clock,
        emit=box.events.append,
        backoff=Backoff(0.001, 0.01, random=lambda: 1.0),
    )


@asynccontextmanager
async def polling(box: Box, client: BotClient, handle: Handle | None = None) -> AsyncIterator[Poller]:
    """A poller that runs, and is stopped."""
    made = poller(box, client, handle)
    running = asyncio.ensure_future(made.run())
    yield made
    await asyncio.wait_for(made.stop(), 10)
    await running


async def test_everything_that_concerns_the_gate_arrives(box: Box, client: BotClient) -> None:
    """Messages, edits, joins, the bot's own changes and taps, each in the gate's words."""
    async with polling(box, client):
        box.world.join(box.ann, box.talk)
        said = box.world.say(box.ann, box.talk, "hello")
        box.world.edit(box.ann, box.talk, said.id, "hello!")
        number = await client.send(Address(box.talk), Note("?", ((Button("Verify", data="v"),),)))
        box.world.tap(box.ann, box.talk, number, "v")
        box.world.promote(box.talk, box.bot, box.olga, {"can_restrict_members"})
        seen = [await box.next() for _ in range(6)]
    assert {type(update) for update in seen} == {MessageSeen, MemberChanged, ButtonTapped, BotChanged}
    [joined] = [update for update in seen if isinstance(update, MemberChanged)]
    assert (joined.old.status, joined.new.status, joined.new.by) == (Status.LEFT, Status.MEMBER, box.ann)


async def test_the_bots_own_mute_echoes_with_its_end(box: Box, client: BotClient) -> None:
    """The hold's fingerprint comes back in the update."""
    box.world.join(box.ann, box.talk)
    box.world.bots[box.bot].mailbox.clear()
    until_date = int(client.now()) + 86_400
    async with polling(box, client):
        await client.restrict(GroupId(box.talk), UserId(box.ann), Restriction(MUTED, until_date))
        echo = await box.next()
    assert isinstance(echo, MemberChanged)
    assert (echo.new.by, echo.new.restriction) == (box.bot, Restriction(MUTED, until_date))


async def test_what_waited_while_the_bot_was_away_is_handled(box: Box, client: BotClient) -> None:
    """Even when a webhook was set, and more than one batch is pending."""
    await client.set_webhook("https://gate.example/webhook/42", "s3cret", max_connections=1)
    box.world.join(box.ann, box.talk)
    for number in range(150):
        box.world.say(box.ann, box.talk, f"message {number}")
    waiting = box.pending()
    async with polling(box, client):
        for _ in range(waiting):
            await box.next()
    assert box.pending() == 0


async def test_a_stop_confirms_what_was_handled_and_nothing_else(box: Box, client: BotClient) -> None:
    """What was not handled comes again."""
    box.world.join(box.ann, box.talk)
    box.world.bots[box.bot].mailbox.clear()
    for text in ("one", "two"):
        box.world.say(box.ann, box.talk, text)
    first, second = asyncio.Event(), asyncio.Event()

    async def slowly(update: Incoming) -> None:
        first.set()
        await second.wait()
        await box.hear(update)

    made = poller(box, client, slowly)
    running = asyncio.ensure_future(made.run())
    await asyncio.wait_for(first.wait(), 10)
    stopping = asyncio.ensure_future(made.stop())
    await asyncio.sleep(0)
    second.set()
    await asyncio.wait_for(asyncio.gather(stopping, running), 10)
    assert (box.heard.qsize(), box.pending()) == (1, 1)


async def test_a_store_that_is_down_loses_nothing(box: Box, client: BotClient) -> None:
    """Updates wait, in order, until it is back."""
    down = [True] * 5
    box.world.join(box.ann, box.talk)
    box.world.bots[box.bot].mailbox.clear()

    async def handle(update: Incoming) -> None:
        if down:
            down.pop()
            raise TransientError("database down")
        await box.hear(update)

    for text in ("one", "two", "three"):
        box.world.say(box.ann, box.talk, text)
    async with polling(box, client, handle):
        ids = [(await box.next()).update_id for _ in range(3)]
        await until(lambda: box.pending() == 0)
    assert ids == sorted(ids)


async def test_a_telegram_that_is_down_is_outlasted(box: Box, client: BotClient) -> None:
    """Resets, 5xx and a proxy's pages: it is asked until it answers."""
    for kind in (FaultKind.RESET, FaultKind.SERVER_ERROR):
        box.strike(Fault(kind=kind, method="getUpdates", times=3))
    async with polling(box, client):
        box.world.join(box.ann, box.talk)
        assert isinstance(await box.next(), MemberChanged | MessageSeen)


async def test_repeated_updates_of_one_batch_are_handled_once(box: Box, client: BotClient) -> None:
    """Duplicates happen."""
    box.world.join(box.ann, box.talk)
    box.world.bots[box.bot].mailbox.clear()
    box.strike(Fault(kind=FaultKind.DUPLICATE_UPDATE))
    for text in ("one", "two"):
        box.world.say(box.ann, box.talk, text)
    async with polling(box, client):
        await until(lambda: box.pending() == 0)
    assert box.heard.qsize() == 2


async def test_a_silent_poll_is_stopped_at_once(box: Box, client: BotClient) -> None:
    """It would have waited 50 s."""
    async with polling(box, client):
        await until(lambda: bool(box.events))
        await asyncio.wait_for(box_called(box), 10)


async def box_called(box: Box) -> None:
    """Return once the long poll has begun, which is after deleteWebhook was answered."""
    await until(lambda: len(box.simulator.calls.of("deleteWebhook")) == 1)
