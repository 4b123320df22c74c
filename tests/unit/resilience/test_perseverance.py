"""Work that must go on: a failure is told, and is not the end."""

from __future__ import annotations

import asyncio

import pytest

from gmbot.resilience.perseverance import persevere


class Work:
    """Fails as often as it is told to, and remembers what was slept and told."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.told: list[Exception] = []
        self.naps: list[float] = []
        self.done = 0

    async def __call__(self) -> None:
        """Fail, or be done."""
        if self.failures:
            raise self.failures.pop(0)
        self.done += 1

    async def sleep(self, delay_s: float) -> None:
        """Remember a nap."""
        self.naps.append(delay_s)

    async def persevere(self) -> None:
        """Go on until it is done."""
        await persevere(self, self.told.append, sleep=self.sleep, pause_s=5.0)


async def test_work_that_ends_is_not_done_again() -> None:
    """It was told to stop."""
    work = Work()
    await work.persevere()
    assert (work.done, work.naps, work.told) == (1, [], [])


async def test_work_that_fails_is_begun_anew_after_a_pause() -> None:
    """Each time, and each failure is told."""
    one, two = KeyError("one"), ValueError("two")
    work = Work(one, two)
    await work.persevere()
    assert (work.done, work.naps, work.told) == (1, [5.0, 5.0], [one, two])


async def test_whoever_cancels_it_ends_it() -> None:
    """A stop is no failure."""
    work = Work(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await work.persevere()
    assert (work.naps, work.told) == ([], [])
