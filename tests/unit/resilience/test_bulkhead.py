"""Room for so many at once."""

from __future__ import annotations

import asyncio

import pytest

from gmbot.domain.errors import Unavailable
from gmbot.resilience.bulkhead import Bulkhead


class Crowd:
    """People who want in, stay until they are told to leave, and are counted."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.inside: list[int] = []
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.doors: dict[int, asyncio.Event] = {}

    async def comes(self, *people: int) -> None:
        for person in people:
            self.doors[person] = asyncio.Event()
            self.tasks[person] = asyncio.create_task(self._stay(person))
            await asyncio.sleep(0)

    async def leaves(self, person: int) -> None:
        self.doors[person].set()
        await self.tasks[person]
        await asyncio.sleep(0)

    async def gives_up(self, person: int) -> None:
        self.tasks[person].cancel()
        await asyncio.gather(self.tasks[person], return_exceptions=True)
        await asyncio.sleep(0)

    async def _stay(self, person: int) -> None:
        async with self.bulkhead.room():
            self.inside.append(person)
            try:
                await self.doors[person].wait()
            finally:
                self.inside.remove(person)


async def test_so_many_and_no_more_are_inside() -> None:
    """The others wait, in order."""
    crowd = Crowd(Bulkhead(2, most_waiting=5))
    await crowd.comes(1, 2, 3, 4)
    assert crowd.inside == [1, 2]
    assert crowd.bulkhead.waiting == 2
    await crowd.leaves(1)
    assert crowd.inside == [2, 3]
    await crowd.leaves(2)
    assert crowd.inside == [3, 4]
    assert crowd.bulkhead.waiting == 0
    await crowd.leaves(3)
    await crowd.leaves(4)


async def test_too_many_who_wait_are_turned_away() -> None:
    """At once, as if nobody answered."""
    crowd = Crowd(Bulkhead(1, most_waiting=1))
    await crowd.comes(1, 2, 3)
    with pytest.raises(Unavailable, match=r"^too many wait already$"):
        await crowd.tasks[3]
    await crowd.leaves(1)
    await crowd.leaves(2)


async def test_whoever_gives_up_waiting_leaves_no_gap() -> None:
    """Neither does whoever is cancelled inside."""
    crowd = Crowd(Bulkhead(1, most_waiting=2))
    await crowd.comes(1, 2, 3)
    await crowd.gives_up(2)
    assert crowd.bulkhead.waiting == 1
    await crowd.gives_up(1)
    assert crowd.inside == [3]
    await crowd.leaves(3)
    await crowd.comes(4)
    assert crowd.inside == [4]
    await crowd.leaves(4)


async def test_waiting_has_an_end() -> None:
    """For whoever cannot wait for ever."""
    crowd = Crowd(Bulkhead(1, most_waiting=2))
    await crowd.comes(1)
    with pytest.raises(Unavailable, match="no answer within"):
        async with crowd.bulkhead.room(within_s=0.001):
            raise AssertionError
    assert crowd.bulkhead.waiting == 0
    await crowd.leaves(1)


async def test_whoever_gets_in_is_told_how_long_it_took() -> None:
    """So that what follows can be hurried."""
    bulkhead = Bulkhead(1, most_waiting=2)
    waits: list[float] = []

    async def visit() -> None:
        async with bulkhead.room(within_s=60.0) as waited_s:
            waits.append(waited_s)
            await asyncio.sleep(0.01)

    await asyncio.gather(visit(), visit())
    assert waits[0] == 0.0
    assert 0.005 < waits[1] < 60.0


async def test_an_error_inside_gives_the_room_back() -> None:
    """However often."""
    bulkhead = Bulkhead(1, most_waiting=0)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with bulkhead.room():
                raise KeyError


def test_there_is_room_for_one_at_least() -> None:
    """Anything else is a mistake."""
    with pytest.raises(ValueError, match=r"^a bulkhead has room for at least one$"):
        Bulkhead(0, most_waiting=1)
