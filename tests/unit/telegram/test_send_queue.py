"""Who goes next, how much goes, and what becomes of those who wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fixtures.telegram import of_type

from gmbot.adapters.telegram.send_queue import PATIENCE_S, Priority, Sending, SendLimits, SendQueue
from gmbot.adapters.telegram.waits import Waits
from gmbot.domain.errors import TooManyRequests, Unavailable
from gmbot.gate.events import Event, RateLimitDelayed, SendQueued, SendWaited
from gmbot.simulator import VirtualClock

GROUP, OTHER, ANN = -1001, -1002, 7


class Desk:
    """A queue on a virtual clock, and the calls that went, in order, with when they went."""

    def __init__(self, limits: SendLimits, shared: Elsewhere | None = None) -> None:
        self.clock = VirtualClock()
        self.events: list[Event] = []
        self.waits = Waits(self.clock, self.events.append)
        self.queue = SendQueue(
            limits, self.waits, clock=self.clock, emit=self.events.append, shared=shared, key="send:1"
        )
        self.start = self.clock.now()
        self.gone: list[tuple[str, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def send(self, name: str, sending: Sending) -> asyncio.Task[None]:
        """Have a call wait its turn."""
        task = asyncio.create_task(self._go(name, sending))
        self.tasks.append(task)
        return task

    async def _go(self, name: str, sending: Sending) -> None:
        await self.queue.turn(sending)
        self.gone.append((name, round(self.clock.now() - self.start, 2)))

    async def after(self, seconds: float) -> list[str]:
        """Return who has gone once that time has passed."""
        await self.clock.advance(seconds)
        return [name for name, _ in self.gone]

    async def close(self) -> None:
        """Give up whatever still waits."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Elsewhere:
    """A budget shared with other processes, which has its own idea of how long to wait."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        self.taken: list[tuple[str, int]] = []

    async def take(self, key: str, n: int = 1) -> float:
        """Take, and be told to wait."""
        self.taken.append((key, n))
        return self.wait_s


def mute(chat: int = GROUP) -> Sending:
    """A call that takes somebody's voice."""
    return Sending(target=("restrictChatMember", chat), priority=Priority.MUTE, chat=chat)


def of(priority: Priority, chat: int = GROUP) -> Sending:
    """A call of a class, of a method of its own."""
    return Sending(target=(priority.name, chat), priority=priority, chat=chat)


def message(chat: int = GROUP, method: str = "sendMessage", *, patience_s: float = 9.0) -> Sending:
    """A message, or an edit of one."""
    return Sending(target=(method, chat), priority=Priority.PROMPT, chat=chat, patience_s=patience_s)


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[Desk]:
    """One call a second, and nothing saved up beyond one."""
    desk = Desk(SendLimits(rate_per_s=1, burst=1))
    yield desk
    await desk.close()


@pytest_asyncio.fixture
async def usual() -> AsyncIterator[Desk]:
    """The limits that GMBot has by itself."""
    desk = Desk(SendLimits())
    yield desk
    await desk.close()


async def test_the_most_urgent_go_first_whatever_their_order(slow: Desk) -> None:
    """Release, mute, answer, delete, prompt, bulk."""
    slow.send("first", mute())
    for priority in reversed(Priority):
        slow.send(priority.name, of(priority))
    assert await slow.after(4.5) == ["first", "RELEASE", "MUTE", "ANSWER", "DELETE"]


async def test_nobody_starves_behind_the_more_urgent(slow: Desk) -> None:
    """After a while whoever waited longest goes first."""
    slow.send("first", mute())
    slow.send("bulk", of(Priority.BULK))
    await slow.after(0.5)
    for number in range(20):
        slow.send(f"mute {number}", mute())
    assert "bulk" in await slow.after(PATIENCE_S + 1)


async def test_groups_take_turns(slow: Desk) -> None:
    """One that floods does not hold up one that does not."""
    for number in range(10):
        slow.send(f"flood {number}", mute())
    slow.send("other", mute(OTHER))
    assert (await slow.after(2.5)).index("other") <= 2


async def test_a_flood_leaves_a_reserve_to_others(usual: Desk) -> None:
    """They go in the same moment, while the flood waits for its next token."""
    for number in range(100):
        usual.send(f"flood {number}", mute())
    flood = len(await usual.after(0.5))
    for chat in range(5):
        usual.send(f"other {chat}", mute(OTHER - chat))
    assert flood < 50
    assert sum("other" in name for name in await usual.after(0)) == 5


async def test_a_bot_never_exceeds_its_budget(usual: Desk) -> None:
    """The burst, and the rate times the time."""
    for number in range(200):
        usual.send(str(number), mute(-number))
    await usual.after(4)
    assert len(usual.gone) == pytest.approx(30 + 4 * 25, abs=1)


async def test_a_group_gets_no_more_messages_in_a_minute_than_it_may(usual: Desk) -> None:
    """Edits count, and so does what came before a pause; mutes do not."""
    for number in range(12):
        usual.send(f"edit {number}", message(method="editMessageText"))
    await usual.after(40)
    for number in range(12):
        usual.send(f"again {number}", message(method="editMessageText", patience_s=60))
    usual.send("mute", mute())
    assert len(await usual.after(15)) == 12 + 8 + 1
    assert len(await usual.after(10)) == 12 + 12 + 1


async def test_messages_to_one_chat_are_spaced(usual: Desk) -> None:
    """A short burst, then about one a second, in private too; other chats go meanwhile."""
    for number in range(5):
        usual.send(f"Ann {number}", message(ANN))
    usual.send("Bob", message(ANN + 1))
    await usual.after(9)
    gone = [at for name, at in usual.gone if name != "Bob"]
    assert gone == pytest.approx([0, 0, 0, 3.75, 3.75], abs=0.02)
    assert ("Bob", 0) in usual.gone


async def test_a_message_that_would_wait_too_long_is_refused_at_once(usual: Desk) -> None:
    """Whoever owes it comes back when there is room."""
    for number in range(20):
        usual.send(str(number), message(method="editMessageText"))
    late = usual.send("late", message(method="editMessageText"))
    await usual.after(0)
    with pytest.raises(TooManyRequests) as caught:
        await late
    assert caught.value.retry_after_s == pytest.approx(60.25)


async def test_a_429_that_comes_while_calls_wait_keeps_them_too(usual: Desk) -> None:
    """Those that it keeps too long are refused, all of that method and chat, and nobody else."""
    waiting = [usual.send(str(number), mute()) for number in range(60)]
    await usual.after(0)
    usual.waits.hold_back(("restrictChatMember", GROUP), 40)
    usual.send("other", mute(OTHER))
    usual.send("delete", of(Priority.DELETE))
    assert {"other", "delete"} <= set(await usual.after(1))
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(one, TooManyRequests) for one in ended) == 60 - len(
        [name for name, _ in usual.gone if name.isdigit()]
    )


async def test_an_answer_whose_turn_comes_too_late_is_dropped(slow: Desk) -> None:
    """The person has given up by then."""
    for number in range(10):
        slow.send(str(number), of(Priority.RELEASE))
    answer = slow.send(
        "answer", Sending(target=("a", None), priority=Priority.ANSWER, chat=None, expires_s=3)
    )
    assert "answer" not in await slow.after(4)
    with pytest.raises(Unavailable, match="too late"):
        await answer


async def test_who_is_cancelled_leaves_the_turn_to_others(slow: Desk) -> None:
    """No token is spent on somebody who is gone, and nothing rings when nobody waits."""
    slow.send("first", mute())
    gone = slow.send("gone", mute())
    slow.send("next", mute())
    await slow.after(0.5)
    gone.cancel()
    assert await slow.after(0.6) == ["first", "next"]
    slow.send("last", mute()).cancel()
    await slow.after(0)
    assert len(slow.queue) == 0
    assert slow.clock.next_wake is None


async def test_waiting_is_told_of(slow: Desk) -> None:
    """How many wait, how long they waited, and that a limit was the cause."""
    slow.send("first", mute())
    slow.send("second", mute())
    await slow.after(2)
    assert of_type(SendQueued, slow.events) == [SendQueued("mute", 1)]
    (waited,) = of_type(SendWaited, slow.events)
    (delayed,) = of_type(RateLimitDelayed, slow.events)
    assert (waited.priority, waited.depth, delayed.method) == ("mute", 0, "restrictChatMember")
    assert waited.seconds == delayed.seconds == pytest.approx(1, abs=0.01)


async def test_what_others_send_counts() -> None:
    """Every process takes from the shared budget, and slows down when that is used up."""
    shared = Elsewhere(0.0)
    desk = Desk(SendLimits(rate_per_s=1, burst=2), shared)
    desk.send("first", mute())
    await desk.after(0)
    shared.wait_s = 3.0
    desk.send("second", mute())
    assert await desk.after(2.9) == ["first"]
    shared.wait_s = 0.0
    desk.send("third", mute())
    assert await desk.after(0.2) == ["first", "second"]
    assert await desk.after(2) == ["first", "second", "third"]
    assert shared.taken == [("send:1", 1)] * 3
    await desk.close()


async def test_a_turn_without_a_crowd_costs_next_to_nothing(usual: Desk) -> None:
    """No task, no wait; a few microseconds, with a wide margin for a busy machine."""
    queue, sending = (
        SendQueue(
            SendLimits(rate_per_s=1e6, burst=100_000),
            usual.waits,
            clock=usual.clock,
            emit=usual.events.append,
        ),
        mute(),
    )
    best_s = 1.0
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(1_000):
            await queue.turn(sending)
        best_s = min(best_s, time.perf_counter() - began)
    print(f"{best_s * 1e3:.2f} µs a turn")
    assert best_s / 1_000 < 50e-6


async def test_a_raids_calls_go_in_bunches(usual: Desk) -> None:
    """What is saved up at once; then five together every fifth of a second, at the budget's pace."""
    for number in range(60):
        usual.send(str(number), mute())
    await usual.after(0)
    went = len(usual.gone)
    for _ in range(21):
        await usual.after(0.05)
    moments = {at for _, at in usual.gone[went:]}
    assert len(usual.gone) - went == 25
    assert len(moments) == 5


async def test_a_release_in_a_raid_waits_for_no_bunch(usual: Desk) -> None:
    """Whoever has joined the channel is freed at once, between two bunches of mutes as well."""
    for number in range(60):
        usual.send(str(number), mute())
    await usual.after(0.05)
    usual.send("release", of(Priority.RELEASE))
    assert "release" in await usual.after(0)
