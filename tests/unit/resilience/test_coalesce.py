"""One call for everybody who asks the same thing at the same time."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from gmbot.domain.errors import TooManyRequests, Unavailable
from gmbot.resilience.coalesce import SingleFlight


async def turns() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


class Question:
    """Counts how often it is asked, and answers when it is let."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked = 0
        self.cancelled = 0
        self.answer = asyncio.Event()
        self._error = error

    async def __call__(self) -> int:
        self.asked += 1
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self._error is not None:
            raise self._error
        return self.asked


@pytest.fixture
def complaints() -> Iterator[list[dict[str, Any]]]:
    """What asyncio complains of, such as an exception that was never retrieved."""
    heard: list[dict[str, Any]] = []
    yield heard
    assert heard == []


def listen(complaints: list[dict[str, Any]]) -> None:
    """Collect the complaints of the running loop."""
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))


async def test_a_thousand_simultaneous_questions_are_one_call() -> None:
    """All hear the same answer."""
    flights, question = SingleFlight[str, int](), Question()
    callers = [asyncio.create_task(flights.do("k", question)) for _ in range(1000)]
    await turns()
    question.answer.set()
    assert set(await asyncio.gather(*callers)) == {1}
    assert question.asked == 1


async def test_different_keys_are_different_calls() -> None:
    """Nobody hears another's answer."""
    flights, one, two = SingleFlight[str, int](), Question(), Question()
    one.answer.set()
    two.answer.set()
    await asyncio.gather(flights.do("a", one), flights.do("b", two))
    assert (one.asked, two.asked) == (1, 1)


async def test_nothing_is_remembered() -> None:
    """It is no cache: the next caller asks anew."""
    flights, question = SingleFlight[str, int](), Question()
    question.answer.set()
    assert [await flights.do("k", question), await flights.do("k", question)] == [1, 2]
    assert len(flights) == 0


async def test_a_call_that_has_ended_is_not_joined_even_before_its_callers_wake() -> None:
    """An answer from before the question would be old news."""
    flights, question = SingleFlight[str, int](), Question()

    async def quick() -> int:
        asyncio.get_running_loop().call_soon(late.set)
        return 0

    late = asyncio.Event()
    question.answer.set()

    async def latecomer() -> int:
        await late.wait()
        return await flights.do("k", question)

    second = asyncio.create_task(latecomer())
    await asyncio.sleep(0)
    assert await flights.do("k", quick) == 0
    assert await second == 1
    await turns()
    assert len(flights) == 0


async def test_an_error_goes_to_everybody_who_waits(complaints: list[dict[str, Any]]) -> None:
    """And to nobody who comes later."""
    listen(complaints)
    flights, question = SingleFlight[str, int](), Question(TooManyRequests("slow down", retry_after_s=3))
    callers = [asyncio.create_task(flights.do("k", question)) for _ in range(3)]
    await turns()
    question.answer.set()
    heard = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(error) for error in heard] == [TooManyRequests] * 3
    assert len(flights) == 0


async def test_a_cancelled_caller_leaves_the_call_to_the_others() -> None:
    """Even the one who began it."""
    flights, question = SingleFlight[str, int](), Question()
    first, second = (asyncio.create_task(flights.do("k", question)) for _ in range(2))
    await turns()
    first.cancel()
    await turns()
    assert first.cancelled()
    question.answer.set()
    assert await second == 1
    assert (question.asked, question.cancelled) == (1, 0)


async def test_a_call_that_nobody_waits_for_is_cancelled() -> None:
    """Its slot and its connection are given back."""
    flights, question = SingleFlight[str, int](), Question()
    callers = [asyncio.create_task(flights.do("k", question)) for _ in range(2)]
    await turns()
    for caller in callers:
        caller.cancel()
    await turns()
    assert question.cancelled == 1
    assert len(flights) == 0


async def test_a_new_caller_does_not_join_a_call_that_is_being_cancelled() -> None:
    """It would hear a cancellation that is not its own."""
    flights, left, question = SingleFlight[str, int](), Question(), Question()
    caller = asyncio.create_task(flights.do("k", left))
    await turns()
    caller.cancel()
    await asyncio.wait({caller})
    question.answer.set()
    assert await flights.do("k", question) == 1


async def test_the_end_of_an_abandoned_call_does_not_disturb_its_successor() -> None:
    """The successor is still shared afterwards."""
    flights, question = SingleFlight[str, int](), Question()
    unwinding, unwound = asyncio.Event(), asyncio.Event()

    async def reluctant() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            unwinding.set()
            await unwound.wait()
        return 0

    caller = asyncio.create_task(flights.do("k", reluctant))
    await turns()
    caller.cancel()
    await unwinding.wait()
    successors = [asyncio.create_task(flights.do("k", question))]
    await turns()
    unwound.set()
    await turns()
    successors.append(asyncio.create_task(flights.do("k", question)))
    await turns()
    question.answer.set()
    assert await asyncio.gather(*successors) == [1, 1]


async def test_an_error_that_nobody_is_left_to_hear_is_not_logged(complaints: list[dict[str, Any]]) -> None:
    """Failing while being cancelled is nobody's concern."""
    listen(complaints)
    flights = SingleFlight[str, int]()

    async def fails_on_the_way_out() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise KeyError from None
        return 0

    caller = asyncio.create_task(flights.do("k", fails_on_the_way_out))
    await turns()
    caller.cancel()
    await turns()
    assert caller.cancelled()
    gc.collect()
    await turns()


async def test_a_call_cancelled_from_elsewhere_is_unavailable_and_cancels_nobody() -> None:
    """Otherwise a worker would die of somebody else's cancellation."""
    flights = SingleFlight[str, int]()

    async def cancelled() -> int:
        raise asyncio.CancelledError

    with pytest.raises(Unavailable, match=r"^the shared call was cancelled$"):
        await flights.do("k", cancelled)


class Answer:
    """Something that can be watched."""


async def test_nothing_of_an_answer_is_kept() -> None:
    """Once everybody has had it."""
    flights = SingleFlight[str, Answer]()

    async def work() -> Answer:
        return Answer()

    answer = await flights.do("k", work)
    watched = weakref.ref(answer)
    del answer
    await turns()
    gc.collect()
    assert watched() is None
