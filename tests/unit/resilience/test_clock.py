"""The machine's own time."""

import asyncio
import time

from gmbot.resilience.clock import Clock, SystemClock


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
