"""Deletions that wait at the same time in one chat go together, and fail alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fixtures.telegram import BOT, Script, no, ok

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.adapters.telegram.transport import Reply
from gmbot.domain.errors import RefusedError, RightsMissing, Unavailable
from gmbot.domain.ids import MessageId
from gmbot.simulator import VirtualClock

CHAT = -1001
UNDELETABLE = no(400, "Bad Request: message can't be deleted")


class Desk:
    """A client that may make one call a second, with scripted answers."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.script = Script()
        limits = SendLimits(rate_per_s=1, burst=1)
        self.client = BotClient(
            self.script, bot_id=BOT, clock=self.clock, emit=lambda event: None, limits=limits
        )
        self.tasks: list[asyncio.Task[None]] = []

    async def delete(self, *batches: list[int], answers: list[Reply | Exception], chat: int = CHAT) -> None:
        """Have several delete at once, after something that uses up the budget, and let time pass."""
        self.script.answers = [ok(), *answers]
        self.tasks = [asyncio.create_task(self._delete([1], CHAT - 1))]
        self.tasks += [asyncio.create_task(self._delete(batch, chat)) for batch in batches]
        await self.clock.advance(0)
        await self.clock.advance(20)

    async def _delete(self, message_ids: list[int], chat: int) -> None:
        await self.client.delete(chat, [MessageId(message) for message in message_ids])

    @property
    def calls(self) -> list[tuple[str, object]]:
        """What was deleted how, after the first."""
        return [
            (method, arguments.get("message_ids", arguments.get("message_id")))
            for method, arguments in self.script.calls[1:]
        ]

    async def ended(self) -> list[type | None]:
        """Return how each deletion ended, after the first: None, or the error's type."""
        ended = await asyncio.gather(*self.tasks[1:], return_exceptions=True)
        return [None if one is None else type(one) for one in ended]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk on which nothing is left behind."""
    desk = Desk()
    yield desk
    for task in desk.tasks:
        task.cancel()
    await asyncio.gather(*desk.tasks, return_exceptions=True)


async def test_what_waits_together_goes_together(desk: Desk) -> None:
    """Three deletions, one call."""
    await desk.delete([2], [3, 4], [5], answers=[ok()])
    assert desk.calls == [("deleteMessages", [2, 3, 4, 5])]
    assert await desk.ended() == [None, None, None]


async def test_a_deletion_alone_is_a_call_of_its_own(desk: Desk) -> None:
    """Of the simpler kind."""
    await desk.delete([2], answers=[ok()])
    assert desk.calls == [("deleteMessage", 2)]


async def test_no_more_than_a_hundred_go_together(desk: Desk) -> None:
    """Whoever does not fit goes next."""
    await desk.delete(list(range(2, 92)), list(range(100, 120)), [500], answers=[ok(), ok()])
    assert [len(ids) for _, ids in desk.calls if isinstance(ids, list)] == [91, 20]
    assert await desk.ended() == [None, None, None]


async def test_one_that_cannot_be_deleted_spoils_no_other(desk: Desk) -> None:
    """After a refusal each message is deleted by itself, and whoever wanted the bad one hears of it."""
    await desk.delete([2], [3], [4], answers=[UNDELETABLE, ok(), UNDELETABLE, ok()])
    assert desk.calls[1:] == [("deleteMessage", 2), ("deleteMessage", 3), ("deleteMessage", 4)]
    assert await desk.ended() == [None, RefusedError, None]


async def test_several_of_one_that_are_refused_are_deleted_one_by_one() -> None:
    """An album with one old message in it, with nobody else waiting."""
    desk = Desk()
    desk.script.answers = [UNDELETABLE, UNDELETABLE, ok()]
    task = asyncio.create_task(desk.client.delete(CHAT, [MessageId(2), MessageId(3)]))
    await desk.clock.advance(0)
    await desk.clock.advance(5)
    with pytest.raises(RefusedError):
        await task
    assert desk.script.methods == ["deleteMessages", "deleteMessage", "deleteMessage"]


async def test_a_right_that_is_missing_is_everybodys_trouble(desk: Desk) -> None:
    """One by one would be refused as well."""
    await desk.delete([2], [3], answers=[no(400, "Bad Request: not enough rights to delete a message")])
    assert len(desk.calls) == 1
    assert await desk.ended() == [RightsMissing, RightsMissing]


async def test_a_right_that_is_missing_is_not_asked_for_one_by_one() -> None:
    """Neither for a single deletion of several messages."""
    desk = Desk()
    desk.script.answers = [no(400, "Bad Request: not enough rights to delete a message")]
    with pytest.raises(RightsMissing):
        await desk.client.delete(CHAT, [MessageId(2), MessageId(3)])
    assert len(desk.script.calls) == 1


async def test_an_answer_that_is_lost_is_lost_for_all(desk: Desk) -> None:
    """Whoever owes the deletions repeats them."""
    await desk.delete([2], [3], answers=[Unavailable("no answer")])
    assert await desk.ended() == [Unavailable, Unavailable]


async def test_who_gives_up_while_waiting_is_left_out(desk: Desk) -> None:
    """And the others go."""
    desk.script.answers = [ok(), ok()]
    desk.tasks = [asyncio.create_task(desk._delete([1], CHAT - 1))]
    desk.tasks += [asyncio.create_task(desk._delete([message], CHAT)) for message in (2, 3, 4)]
    await desk.clock.advance(0)
    desk.tasks[2].cancel()
    await desk.clock.advance(5)
    assert desk.calls == [("deleteMessages", [2, 4])]


async def test_those_whose_leader_is_cancelled_may_try_again() -> None:
    """What became of the call is unknown: that is a passing failure."""
    desk = Desk()
    desk.script.answers = [ok(), Unavailable("unused")]
    desk.tasks = [asyncio.create_task(desk._delete([1], CHAT - 1))]
    desk.tasks += [asyncio.create_task(desk._delete([message], CHAT)) for message in (2, 3)]
    await desk.clock.advance(0)
    desk.script.before = desk.tasks[1].cancel  # type: ignore[assignment]
    await desk.clock.advance(5)
    assert (await desk.ended())[1] is Unavailable
