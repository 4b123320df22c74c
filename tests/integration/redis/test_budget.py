"""One budget for all processes of a bot."""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.fixtures.processes import Process, until
from tests.fixtures.redis import RedisServer

from gmbot.adapters.redis.budget import REST_S, RedisBudget


def budget_of(process: Process, *, rate_per_s: float = 10, burst: int = 5) -> RedisBudget:
    """What a process uses."""
    assert process.hub is not None
    return process.hub.budget(rate_per_s=rate_per_s, burst=burst)


async def test_what_one_takes_the_other_lacks(one: Process, other: Process) -> None:
    """The burst is one for both; whoever comes after it waits its turn."""
    first, second = budget_of(one), budget_of(other)
    assert [await first.take("send:7") for _ in range(5)] == [0.0] * 5
    waits = [await second.take("send:7"), await first.take("send:7")]
    assert 0.05 < waits[0] <= 0.1
    assert waits[0] < waits[1] <= 0.2


async def test_time_brings_it_back(one: Process) -> None:
    """And each bot has its own."""
    budget = budget_of(one, rate_per_s=1_000, burst=1)
    await budget.take("send:7", 1)
    assert await budget.take("send:8") == 0.0
    await asyncio.sleep(0.01)
    assert await budget.take("send:7") == 0.0


async def test_a_redis_that_is_gone_is_not_waited_for() -> None:
    """Everybody keeps to their own budget then."""
    assert await RedisBudget(lambda: None, rate_per_s=1, burst=1, monotonic=time.monotonic).take("x") == 0.0


async def test_a_redis_that_hangs_is_waited_for_once(one: Process, redis_server: RedisServer) -> None:
    """For a moment, and then not at all for a while."""
    budget = budget_of(one, rate_per_s=0.1, burst=1)
    await budget.take("send:7")
    redis_server.pause()
    try:
        began = time.monotonic()
        waits = [await budget.take("send:7") for _ in range(100)]
        took_s = time.monotonic() - began
    finally:
        redis_server.resume()
    assert waits == [0.0] * 100
    assert took_s < REST_S / 2
    assert one.hub is not None
    await until(lambda: one.hub is not None and one.hub.connected)


@pytest.mark.parametrize("n", [1, 3])
async def test_several_are_taken_at_once(one: Process, n: int) -> None:
    """And waited for together."""
    budget = budget_of(one, rate_per_s=10, burst=1)
    assert await budget.take("send:7", n) == pytest.approx((n - 1) / 10, abs=0.01)
