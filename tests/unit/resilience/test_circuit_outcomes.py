"""Which ends of a call are failures of the other side, and which tell nothing of it."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.resilience.breaking import Bench

from gmbot.domain.errors import ChatUnusable, CircuitOpen, TooManyRequests
from gmbot.resilience.circuit import State


async def test_the_callers_own_cancellation_is_no_failure() -> None:
    """It tells nothing of the other side."""
    bench = Bench()
    for _ in range(20):
        task = asyncio.create_task(bench.circuit.call(asyncio.Event().wait))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await bench.fails(9)
    assert bench.state() is State.CLOSED


@pytest.mark.parametrize("error", [ChatUnusable("no"), TooManyRequests("slow down", retry_after_s=3.0)])
async def test_being_refused_is_being_answered(error: Exception) -> None:
    """Telegram's 4xx and 429 come from a Telegram that works."""
    bench = Bench()

    async def refuse() -> None:
        raise error

    for _ in range(20):
        with pytest.raises(type(error)):
            await bench.circuit.call(refuse)
    await bench.fails(10)
    assert bench.state() is State.CLOSED


async def test_a_mistake_of_our_own_tells_nothing() -> None:
    """Neither that it works nor that it does not."""
    bench = Bench()

    async def blunder() -> None:
        raise KeyError("ours")

    for _ in range(20):
        with pytest.raises(KeyError):
            await bench.circuit.call(blunder)
    await bench.fails(9)
    assert bench.state() is State.CLOSED


async def test_another_circuits_refusal_tells_nothing() -> None:
    """Nobody was asked."""
    inner, outer = await Bench().opened(), Bench()
    for _ in range(20):
        with pytest.raises(CircuitOpen):
            await outer.circuit.call(lambda: inner.circuit.call(inner.answer))
    await outer.fails(9)
    assert outer.state() is State.CLOSED


async def test_a_result_may_be_a_failure() -> None:
    """As a 502 is, and is returned all the same."""
    bench = Bench()
    for _ in range(10):
        assert await bench.circuit.call(bench.answer, failed=lambda answer: answer == "yes") == "yes"
    assert bench.state() is State.OPEN
