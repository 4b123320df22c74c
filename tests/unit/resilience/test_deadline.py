"""An end to waiting."""

import asyncio
import math

import pytest

from gmbot.domain.errors import Unavailable
from gmbot.resilience.deadline import deadline, time_left_s


async def test_what_takes_too_long_is_cut_off_as_unavailable() -> None:
    """The caller hears of a transient error and nothing of asyncio."""
    with pytest.raises(Unavailable, match="no answer within 0 s"):
        async with deadline(0):
            await asyncio.Event().wait()


async def test_what_ends_in_time_is_left_alone() -> None:
    """The block's own effects stand."""
    done = False
    async with deadline(60):
        await asyncio.sleep(0)
        done = True
    assert done


async def test_an_error_of_the_block_passes() -> None:
    """A deadline has no opinion about other errors."""
    with pytest.raises(KeyError):
        async with deadline(60):
            raise KeyError


async def test_a_timeout_of_the_block_is_not_taken_for_the_deadline() -> None:
    """Only the deadline's own end becomes Unavailable."""
    with pytest.raises(TimeoutError, match="theirs"):
        async with deadline(60):
            raise TimeoutError("theirs")


async def test_cancelling_the_caller_is_still_a_cancellation() -> None:
    """A stop must never look like a slow answer."""
    entered = asyncio.Event()

    async def wait() -> None:
        async with deadline(60):
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_a_deadline_there_is_all_the_time() -> None:
    """Nobody waits for an answer, as far as is known."""
    assert time_left_s() == math.inf


async def test_whoever_is_inside_can_tell_how_long_the_caller_waits() -> None:
    """Of several deadlines the first to end counts, and each is forgotten with its block."""
    async with deadline(60):
        assert 59 < time_left_s() <= 60
        async with deadline(30):
            assert 29 < time_left_s() <= 30
            async with deadline(90):
                assert 29 < time_left_s() <= 30
        assert 59 < time_left_s() <= 60
    assert time_left_s() == math.inf
