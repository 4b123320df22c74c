"""Gathering: nobody waits when nothing is under way, and what waits goes together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gmbot.adapters.sql.gathering import Gathering, Spoilt
from gmbot.domain.errors import Unavailable


class Desk:
    """Answers each number with its double, once `open` is set; odd ones may be refused."""

    def __init__(self, refusal: Exception | None = None, most: int = 99, lanes: int = 1) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.refusal = refusal
        self.gathering = Gathering(self._answer, fits=lambda waiting: min(len(waiting), most), lanes=lanes)

    async def _answer(self, numbers: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(numbers))
        await self.open.wait()
        if self.refusal is not None and any(number % 2 for number in numbers):
            raise self.refusal
        return [2 * number for number in numbers]

    def ask(self, *numbers: int) -> list[asyncio.Future[int]]:
        """Ask, each for itself."""
        return [asyncio.ensure_future(self.gathering.ask(number)) for number in numbers]


async def turns(number: int = 5) -> None:
    """Let the loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_lone_question_is_asked_at_once() -> None:
    """In the next turn of the loop: nothing is waited for."""
    desk = Desk()
    desk.open.set()
    assert await desk.gathering.ask(4) == 8
    assert desk.batches == [[4]]


async def test_what_comes_in_one_turn_goes_together() -> None:
    """In the order of asking."""
    desk = Desk()
    desk.open.set()
    assert await asyncio.gather(*desk.ask(1, 2, 3)) == [2, 4, 6]
    assert desk.batches == [[1, 2, 3]]


async def test_what_comes_meanwhile_makes_the_next_batch() -> None:
    """However often it comes, until the first is answered."""
    desk = Desk()
    asked = desk.ask(1)
    await turns()
    asked += desk.ask(2)
    await turns()
    asked += desk.ask(3)
    await turns()
    desk.open.set()
    assert await asyncio.gather(*asked) == [2, 4, 6]
    assert desk.batches == [[1], [2, 3]]


async def test_lanes_go_side_by_side() -> None:
    """One slow batch keeps nobody waiting while there is another lane."""
    desk = Desk(lanes=2)
    asked = desk.ask(1)
    await turns()
    asked += desk.ask(2)
    await turns()
    assert desk.batches == [[1], [2]]
    desk.open.set()
    assert await asyncio.gather(*asked) == [2, 4]


async def test_no_batch_is_larger_than_what_fits() -> None:
    """The rest follows."""
    desk = Desk(most=2)
    desk.open.set()
    assert await asyncio.gather(*desk.ask(1, 2, 3)) == [2, 4, 6]
    assert desk.batches == [[1, 2], [3]]


@pytest.mark.parametrize("refusal", [Spoilt("no"), ValueError("no")])
async def test_one_that_spoils_a_batch_fails_alone(refusal: Exception) -> None:
    """The others are tried again, each by itself."""
    desk = Desk(refusal)
    desk.open.set()
    ended = await asyncio.gather(*desk.ask(2, 3, 4), return_exceptions=True)
    assert ended == [4, refusal, 8]
    assert desk.batches == [[2, 3, 4], [2], [3], [4]]


async def test_an_outage_is_told_to_everybody_at_once() -> None:
    """Nobody is tried again: that would take as many time-outs."""
    desk = Desk(Unavailable("down"))
    desk.open.set()
    ended = await asyncio.gather(*desk.ask(2, 3, 4), return_exceptions=True)
    assert [type(one) for one in ended] == [Unavailable] * 3
    assert desk.batches == [[2, 3, 4]]


async def test_what_nobody_waits_for_is_not_asked() -> None:
    """Whoever gives up before their turn costs nothing."""
    desk = Desk()
    asked = desk.ask(1)
    await turns()
    asked += desk.ask(2, 3)
    await turns()
    asked[1].cancel()
    desk.open.set()
    await asyncio.wait(asked)
    assert desk.batches == [[1], [3]]
