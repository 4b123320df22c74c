"""Who waits for whom among the updates of one bot."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from tests.fixtures.telegram import START, message_update, until

from gmbot.adapters.telegram.queues import Handle, Unfinished, fairly, queue_of
from gmbot.adapters.telegram.translate import incoming_of
from gmbot.adapters.telegram.wire import Update
from gmbot.domain.errors import TransientError
from gmbot.domain.ids import UpdateId
from gmbot.gate.incoming import Ignored, Incoming

ANN, BEN = 7, 8
HERE, THERE = -1001, -1002
COMMAND: dict[str, Any] = {
    "text": "/protect @news",
    "entities": [{"type": "bot_command", "offset": 0, "length": 8}],
}


def said(number: int, user_id: int = ANN, chat_id: int = HERE, **fields: Any) -> Incoming:
    """Somebody's message."""
    author = {"id": user_id, "is_bot": False, "first_name": "P"}
    return _read(message_update(number, {"from": author} | fields, chat_id=chat_id))


def changed(number: int, user_id: int, kind: str = "chat_member", chat_id: int = HERE) -> Incoming:
    """Somebody joined, or the bot was added."""
    user = {"id": user_id, "is_bot": False, "first_name": "P"}
    member = {
        "old_chat_member": {"user": user, "status": "left"},
        "new_chat_member": {"user": user, "status": "member"},
    }
    change = {"chat": {"id": chat_id, "type": "supergroup", "title": "T"}, "from": user, "date": int(START)}
    return _read({"update_id": number, kind: change | member})


def _read(update: object) -> Incoming:
    return incoming_of(msgspec.json.decode(msgspec.json.encode(update), type=Update))


class Desk:
    """Handles updates when it is told to; `begun` are those it was given, in order."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.failing: dict[int, int] = {}
        self.halted = False
        self.rests: list[asyncio.Event] = []
        self.pauses: list[int] = []
        self.unfinished = Unfinished(self._handle, self._pause, lambda: self.halted)
        self.tasks: list[asyncio.Task[None]] = []

    def begin(self, *updates: Incoming) -> None:
        """Take updates in."""
        for turn in fairly([self.unfinished.add(update) for update in updates]):
            self.gates[turn.update.update_id] = asyncio.Event()
            self.tasks.append(asyncio.create_task(self.unfinished.serve(turn)))

    async def end(self, *numbers: int) -> None:
        """Let updates be handled."""
        for number in numbers:
            await until(lambda number=number: number in self.begun)  # type: ignore[misc]
            self.gates[number].set()
        await self.still()

    async def still(self) -> None:
        """Let everything begin that may."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def _handle(self, update: Incoming) -> None:
        self.begun.append(update.update_id)
        await self.gates[update.update_id].wait()
        if self.failing.get(update.update_id, 0):
            self.failing[update.update_id] -= 1
            raise TransientError("database down")

    async def _pause(self, failures: int) -> None:
        self.pauses.append(failures)
        if self.rests:
            await self.rests.pop(0).wait()


async def test_different_people_in_one_chat_do_not_wait_for_each_other() -> None:
    """What they write depends on nothing that the others write."""
    desk = Desk()
    desk.begin(said(1, ANN), said(2, BEN), changed(3, BEN), changed(4, ANN))
    await desk.still()
    assert sorted(desk.begun) == [1, 2, 3, 4]
    await desk.end(1, 2, 3, 4)
    assert len(desk.unfinished) == 0


async def test_one_person_s_messages_keep_their_order() -> None:
    """Within a chat."""
    desk = Desk()
    desk.begin(said(1, ANN), said(2, ANN), said(3, ANN, THERE))
    await desk.still()
    assert sorted(desk.begun) == [1, 3]
    await desk.end(1, 3, 2)
    assert desk.begun[2:] == [2]


async def test_what_a_person_does_keeps_its_order_across_chats() -> None:
    """Telegram orders memberships by person."""
    desk = Desk()
    desk.begin(changed(1, ANN, chat_id=THERE), changed(2, ANN), changed(3, BEN))
    await desk.still()
    assert sorted(desk.begun) == [1, 3]
    await desk.end(1, 3, 2)


async def test_a_command_waits_for_the_chat_and_the_chat_for_it() -> None:
    """Whoever writes after a group was protected is judged."""
    desk = Desk()
    desk.begin(said(1, ANN), said(2, BEN, **COMMAND), said(3, ANN), said(4, ANN, THERE))
    await desk.still()
    assert sorted(desk.begun) == [1, 4]
    assert desk.unfinished.order.is_barred(HERE)
    assert not desk.unfinished.order.is_barred(THERE)
    await desk.end(1)
    assert 2 in desk.begun
    assert 3 not in desk.begun
    await desk.end(2)
    assert 3 in desk.begun
    assert not desk.unfinished.order.is_barred(HERE)
    await desk.end(3, 4)


async def test_what_becomes_of_the_bot_is_a_barrier_too() -> None:
    """As are migrations and forwards of a linked channel."""
    desk = Desk()
    desk.begin(
        changed(1, 42, "my_chat_member"),
        said(2, ANN, migrate_to_chat_id=-5),
        said(3, BEN, is_automatic_forward=True),
        said(4, BEN),
    )
    for number in range(1, 5):
        await desk.still()
        assert desk.begun == list(range(1, number + 1))
        await desk.end(number)


async def test_an_update_that_fails_is_tried_again_before_those_behind_it() -> None:
    """Nobody else waits."""
    desk = Desk()
    desk.failing[1] = 2
    desk.begin(said(1, ANN), said(2, ANN), said(3, BEN))
    await desk.end(1, 3)
    assert desk.begun == [1, 3, 1, 1, 2]
    assert desk.pauses == [1, 2]
    await desk.end(2)


async def test_when_one_s_repetition_is_of_use_nobody_pauses_any_longer() -> None:
    """What failed them all is over."""
    desk = Desk()
    desk.failing = {1: 1, 2: 1}
    short, endless = asyncio.Event(), asyncio.Event()
    desk.rests = [short, endless]
    desk.begin(said(1, ANN), said(2, BEN))
    await desk.end(1)
    await desk.end(2)
    assert desk.begun == [1, 2]
    short.set()
    await until(lambda: len(desk.unfinished) == 0)
    assert desk.begun == [1, 2, 1, 2]


async def test_nothing_is_begun_once_halted() -> None:
    """Those that wait end without having been handled, so they are not confirmed."""
    desk = Desk()
    desk.begin(said(1, ANN), said(2, ANN))
    await desk.still()
    desk.halted = True
    await desk.end(1)
    await asyncio.gather(*desk.tasks)
    assert desk.begun == [1]
    assert desk.unfinished.offset == 2


async def test_only_what_is_below_the_first_unfinished_is_confirmed() -> None:
    """Whatever is handled beyond it is known when it comes again."""
    desk = Desk()
    desk.begin(said(5, ANN), said(6, BEN), said(7, ANN, THERE))
    desk.unfinished.passed(UpdateId(8))
    await desk.end(6, 7)
    assert desk.unfinished.offset == 5
    assert not any(desk.unfinished.is_new(UpdateId(number)) for number in (5, 6, 7, 8))
    desk.unfinished.forget_confirmed(desk.unfinished.offset)
    assert not desk.unfinished.is_new(UpdateId(6))
    await desk.end(5)
    assert desk.unfinished.offset == 9
    desk.unfinished.forget_confirmed(desk.unfinished.offset)
    assert desk.unfinished.is_new(UpdateId(6))


async def test_what_is_handled_while_a_poll_is_under_way_is_not_handled_again() -> None:
    """The poll asked for it, and its answer brings it."""
    desk = Desk()
    desk.begin(said(5, ANN))
    polled_from = desk.unfinished.offset
    await desk.end(5)
    desk.unfinished.forget_confirmed(polled_from)
    assert not desk.unfinished.is_new(UpdateId(5))
    desk.unfinished.forget_confirmed(desk.unfinished.offset)
    assert desk.unfinished.is_new(UpdateId(5))


async def test_chats_take_turns() -> None:
    """A hundred who raid one group do not stand before the one who joins another."""
    desk = Desk()
    raid = [changed(number, number) for number in range(1, 9)]
    desk.begin(*raid, changed(9, 9, chat_id=THERE), said(10, ANN, THERE))
    await desk.still()
    assert desk.begun[:4] == [1, 9, 2, 10]
    await desk.end(*range(1, 11))


def test_what_stands_alone_has_no_queue() -> None:
    """Updates of which nothing is known."""
    assert queue_of(Ignored(update_id=UpdateId(3))) is None


async def test_an_update_about_a_person_tells_whether_more_is_waiting() -> None:
    """Nobody acts upon what is outdated already."""
    desk = Desk()
    seen: list[Incoming] = []
    desk.unfinished = Unfinished(_into(seen), _never, lambda: False)
    for turn in [desk.unfinished.add(one) for one in (changed(1, ANN), changed(2, ANN), changed(3, BEN))]:
        await desk.unfinished.serve(turn)
    assert [getattr(update, "outdated", None) for update in seen] == [True, False, False]


def _into(seen: list[Incoming]) -> Handle:
    async def handle(update: Incoming) -> None:
        seen.append(update)

    return handle


async def _never(failures: int) -> None:
    raise AssertionError("nothing failed")
