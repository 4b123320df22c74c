"""Questions: one call for everybody, rest after failure, and never a verdict from an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from gmbot.domain.errors import ChatUnusable, GMBotError, PersonUnknown, Unavailable
from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.membership import MembershipState
from gmbot.domain.standing import Standing, Status
from gmbot.gate.events import Event, Verified
from gmbot.gate.questions import LONGEST_REST_S, Questions
from gmbot.simulator import VirtualClock

USER, CHANNEL = UserId(7), ChannelId(-1)


class Oracle:
    """Answers getChatMember, or raises, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[], Standing] = lambda: Standing(Status.MEMBER)

    async def member(self, chat_id: int, user_id: UserId) -> Standing:
        """Answer after a turn of the event loop."""
        self.asked += 1
        await asyncio.sleep(0)
        return self.answer()


class Desk:
    """Questions to an oracle, on a clock to turn."""

    def __init__(self) -> None:
        self.clock, self.oracle, self.events = VirtualClock(), Oracle(), list[Event]()
        self.questions = Questions(self.oracle, self.clock, self.events.append)  # type: ignore[arg-type]

    def fail(self, error: GMBotError) -> None:
        """Have every answer be an error."""

        def answer() -> Standing:
            raise error

        self.oracle.answer = answer

    async def state(self, *, urgent: bool = False) -> MembershipState | None:
        """Return what was learnt; None when nothing was asked."""
        learnt = await self.questions.memberships(USER, [CHANNEL], urgent=urgent)
        return learnt[0].membership.state if learnt else None


@pytest.fixture
def desk() -> Desk:
    """A desk on which everybody is a member."""
    return Desk()


async def test_a_thousand_at_once_are_one_call(desk: Desk) -> None:
    """Everybody gets the same answer."""
    states = await asyncio.gather(*(desk.state() for _ in range(1_000)))
    assert set(states) == {MembershipState.IN}
    assert desk.oracle.asked == 1


@pytest.mark.parametrize("error", [Unavailable("?"), PersonUnknown("?"), ChatUnusable("?")])
async def test_an_error_is_no_verdict(desk: Desk, error: GMBotError) -> None:
    """It says nothing about anybody."""
    desk.fail(error)
    assert await desk.state() is MembershipState.UNKNOWN
    told = [event for event in desk.events if isinstance(event, Verified)]
    assert [(event.status, event.cause) for event in told] == [("error", type(error).__name__)]


async def test_what_failed_is_not_asked_again_at_once(desk: Desk) -> None:
    """However much somebody writes meanwhile."""
    desk.fail(Unavailable("?"))
    for _ in range(100):
        await desk.state()
        await desk.clock.advance(0.1)
    assert desk.oracle.asked <= 7


async def test_it_is_asked_again_before_long(desk: Desk) -> None:
    """Once Telegram answers again, so does this."""
    desk.fail(Unavailable("?"))
    for _ in range(10):
        await desk.state()
        await desk.clock.advance(LONGEST_REST_S)
    desk.oracle.answer = lambda: Standing(Status.MEMBER)
    assert await desk.state() is MembershipState.IN
    assert await desk.state() is MembershipState.IN


async def test_whoever_waits_for_the_answer_is_not_put_off(desk: Desk) -> None:
    """A tap on Verify asks at once."""
    desk.fail(Unavailable("?"))
    await desk.state()
    desk.oracle.answer = lambda: Standing(Status.MEMBER)
    assert await desk.state() is None
    assert await desk.state(urgent=True) is MembershipState.IN
    assert await desk.state() is MembershipState.IN


async def test_channels_that_may_not_be_asked_are_collected_once(desk: Desk) -> None:
    """Whoever takes them deals with them."""
    desk.fail(ChatUnusable("kicked"))
    await desk.state()
    assert desk.questions.take_unusable() == {CHANNEL: "kicked"}
    assert desk.questions.take_unusable() == {}


async def test_a_channel_that_answers_again_is_not_taken_for_one_that_may_not_be_asked(desk: Desk) -> None:
    """Nobody took it while it was one."""
    desk.fail(ChatUnusable("kicked"))
    await desk.state()
    desk.oracle.answer = lambda: Standing(Status.MEMBER)
    await desk.state()
    assert desk.questions.take_unusable() == {}
