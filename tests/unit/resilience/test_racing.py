"""Doing something until something else happens."""

import asyncio

import pytest

from gmbot.resilience.racing import race


async def _answer() -> str:
    return "answer"


async def _fail() -> None:
    raise KeyError


class Endless:
    """Work that goes on until it is cancelled; its end takes a few turns of the loop."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = False

    async def run(self) -> str:
        """Never return."""
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self.ended = True
        raise AssertionError


async def test_what_is_done_first_is_returned() -> None:
    """Whoever does something until a stop wants its result."""
    assert await race(_answer(), Endless().run()) == "answer"


async def test_none_is_returned_when_another_ends_first() -> None:
    """There is no result then."""
    assert await race(Endless().run(), _answer()) is None


async def test_a_result_counts_though_another_ends_at_the_same_time() -> None:
    """What was done is not lost to a stop that comes in the same moment."""
    told = asyncio.Event()
    told.set()
    assert await race(_answer(), told.wait()) == "answer"


async def test_an_error_of_the_first_is_raised() -> None:
    """It belongs to whoever wanted the work done."""
    with pytest.raises(KeyError):
        await race(_fail(), Endless().run())


async def test_an_error_of_another_is_an_end_like_any() -> None:
    """Nobody wants the others' results."""
    assert await race(Endless().run(), _fail()) is None


async def test_whoever_loses_has_ended() -> None:
    """Nothing goes on behind the caller's back, whichever it was."""
    first, other, slower = Endless(), Endless(), Endless()
    await race(first.run(), _answer(), slower.run())
    await race(_answer(), other.run())
    assert first.ended
    assert slower.ended
    assert other.ended


async def test_cancelling_the_caller_ends_everything() -> None:
    """A cancelled race is cancelled, and leaves nothing running."""
    first, other = Endless(), Endless()
    running = asyncio.create_task(race(first.run(), other.run()))
    await asyncio.gather(first.begun.wait(), other.begun.wait())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert first.ended
    assert other.ended


async def test_work_that_is_cancelled_by_others_is_cancelled_for_the_caller() -> None:
    """It has no result, and that is not because another ended first."""
    first = Endless()
    work = asyncio.create_task(first.run())
    running = asyncio.create_task(race(work, Endless().run()))
    await first.begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
