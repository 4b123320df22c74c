"""The machine's own time."""

import asyncio
import time

from gmbot.resilience.clock import Clock, SteadyClock, SystemClock
from gmbot.simulator import VirtualClock


def test_it_tells_unix_seconds() -> None:
    """Between one look at the machine's clock and the next."""
    clock: Clock = SystemClock()
    before = time.time()
    assert before <= clock.now() <= time.time()


async def test_sleeping_for_nothing_gives_way_to_others() -> None:
    """A task that is ready runs first."""
    seen: list[str] = []
    asyncio.get_running_loop().call_soon(seen.append, "other")
    await SystemClock().sleep(0)
    assert seen == ["other"]


async def test_a_steady_clock_does_not_jump_with_the_machines() -> None:
    """It goes on as evenly as whatever is waited for."""
    machine, passed_s = VirtualClock(1_000.0), [5.0]
    clock: Clock = SteadyClock(machine, lambda: passed_s[0])
    assert clock.now() == 1_000.0
    machine.set(400.0)
    passed_s[0] += 2.0
    assert clock.now() == 1_002.0


async def test_sleeping_by_a_steady_clock_is_sleeping() -> None:
    """As long as the machine sleeps."""
    machine = VirtualClock()
    sleeper = asyncio.create_task(SteadyClock(machine).sleep(3.0))
    await machine.advance(2.0)
    assert not sleeper.done()
    await machine.advance(1.0)
    assert sleeper.done()
