"""A circuit with a clock and chances to turn by hand."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.resilience.circuit import Circuit, CircuitLimits, Move, State

EVEN = 0.5
"""The chance at which a jitter neither lengthens nor shortens."""

SLOW = CircuitLimits(slow_s=2.0)
QUICK = CircuitLimits(quick_window_s=3.0)

Answer = Callable[[], Coroutine[Any, Any, str]]


class Bench:
    """A circuit, its time, its chance, and every move it made."""

    def __init__(self, limits: CircuitLimits | None = None, *, metrics_only: bool = False) -> None:
        self.time = 1_000.0
        self.chance = EVEN
        self.moves: list[Move] = []
        self.asked = 0
        self.circuit = Circuit(
            limits or CircuitLimits(),
            now=lambda: self.time,
            random=lambda: self.chance,
            on_move=self.moves.append,
            metrics_only=metrics_only,
        )

    def state(self) -> State:
        return self.circuit.state

    async def answer(self) -> str:
        self.asked += 1
        return "yes"

    async def fail(self) -> str:
        self.asked += 1
        raise Unavailable("gone")

    async def succeeds(self, times: int = 1) -> None:
        for _ in range(times):
            assert await self.circuit.call(self.answer) == "yes"

    async def fails(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(Unavailable, match="gone"):
                await self.circuit.call(self.fail)

    async def takes(self, seconds: float, times: int = 1) -> None:
        """Make calls that succeed after so long."""

        async def answer_late() -> str:
            self.time += seconds
            return "at last"

        for _ in range(times):
            await self.circuit.call(answer_late)

    async def refuses(self) -> CircuitOpen:
        before = self.asked
        with pytest.raises(CircuitOpen) as caught:
            await self.circuit.call(self.answer)
        assert self.asked == before
        return caught.value

    async def opened(self) -> Bench:
        await self.fails(10)
        assert self.state() is State.OPEN
        return self

    async def half_opened(self) -> Bench:
        await self.opened()
        self.time += 5.0
        await self.succeeds()
        assert self.state() is State.HALF_OPEN
        return self
