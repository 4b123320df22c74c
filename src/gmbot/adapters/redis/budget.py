"""A budget that all processes of one bot share: a token bucket in Redis, one round trip a take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from gmbot.adapters.redis.pipe import Pipe

ANSWER_WITHIN_S = 0.02
REST_S = 1.0
"""After an answer that came too late nobody asks for this long: each process has its own budget meanwhile."""

# The bucket is kept as the moment (µs of Redis's clock) at which it will be full again.
TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local rate, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + math.floor(n * 1000000 / rate)
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return math.max(0, math.ceil(full - now - burst * 1000000 / rate))
"""


class RedisBudget:
    """The SharedBudget of processes that share a Redis; `pipe` returns the link with it, if there is one.

    A Redis that is slow or gone is not waited for: every process then keeps to its own budget.
    """

    def __init__(
        self,
        pipe: Callable[[], Pipe | None],
        *,
        rate_per_s: float,
        burst: int,
        monotonic: Callable[[], float],
    ) -> None:
        self._pipe = pipe
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._monotonic = monotonic
        self._not_before = 0.0

    async def take(self, key: str, n: int = 1) -> float:
        """Take `n` of the budget `key`, and return how many seconds to wait before using them."""
        pipe = self._pipe()
        if pipe is None or self._monotonic() < self._not_before:
            return 0.0
        asked: asyncio.Future[Any] = pipe.ask("EVAL", TAKE, 1, key, str(self._rate_per_s), self._burst, n)
        done, _ = await asyncio.wait({asked}, timeout=ANSWER_WITHIN_S)
        if not done:
            self._not_before = self._monotonic() + REST_S
        if not done or asked.exception() is not None:
            return 0.0
        wait_us: int = asked.result()
        return wait_us / 1e6
