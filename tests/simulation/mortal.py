"""What a process does with the outside world, until it is killed: then it does nothing any more."""

from __future__ import annotations

import asyncio

from tests.simulation.clocks import MachineClock
from tests.simulation.loop import Crowd


class Mortal:
    """Whether a process lives; whoever acts for a dead one waits until its task is buried."""

    def __init__(self) -> None:
        self.dead = False

    async def alive(self) -> None:
        """Return, or never."""
        if self.dead:
            await asyncio.get_running_loop().create_future()


class MortalClock:
    """A machine's clock as one of its processes sees it."""

    def __init__(self, machine: MachineClock, mortal: Mortal) -> None:
        self._machine = machine
        self._mortal = mortal

    def now(self) -> float:
        """Return the machine's time in Unix seconds."""
        return self._machine.now()

    async def sleep(self, delay_s: float) -> None:
        """Return after so many seconds; a clock that is set does not change how long that is."""
        await self._mortal.alive()
        await asyncio.sleep(delay_s)
        await self._mortal.alive()


async def bury(crowd: Crowd, rounds: int = 200) -> list[asyncio.Task[object]]:
    """Cancel the tasks of a dead process until none is left; return those that would not end."""
    for _ in range(rounds):
        living = [task for task in crowd.living() if task is not asyncio.current_task()]
        if not living:
            return []
        for task in living:
            task.cancel()
        await asyncio.sleep(1e-9)
    return crowd.living()
