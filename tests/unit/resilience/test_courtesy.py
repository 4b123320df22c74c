"""Who steps aside for whom, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from gmbot.resilience.courtesy import Courtesy, politely


async def turns() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


class Steps:
    """A work of several steps, which tells how far it is."""

    def __init__(self) -> None:
        self.done = 0
        self.gates = [asyncio.Event() for _ in range(3)]
        for gate in self.gates:
            gate.set()

    async def work(self) -> str:
        for gate in self.gates:
            await asyncio.sleep(0)
            await gate.wait()
            self.done += 1
        return "done"


async def test_with_nobody_else_it_does_not_wait() -> None:
    """Politeness costs nothing when nobody is there."""
    steps = Steps()
    assert await politely(steps.work(), Courtesy()) == "done"
    assert steps.done == 3


async def test_it_stands_still_while_somebody_goes_first() -> None:
    """The step that is under way ends; the next begins when the last of the others has left."""
    courtesy, steps = Courtesy(patience_s=3600), Steps()
    polite = asyncio.create_task(politely(steps.work(), courtesy))
    courtesy.enter()
    courtesy.enter()
    await turns()
    courtesy.leave()
    await turns()
    assert steps.done == 0
    courtesy.leave()
    assert await polite == "done"


async def test_whoever_was_let_go_is_let_go_once() -> None:
    """Others may come and leave before it has noticed."""
    courtesy = Courtesy(patience_s=3600)
    courtesy.enter()
    pause = asyncio.create_task(courtesy.pause())
    await turns()
    courtesy.leave()
    courtesy.enter()
    courtesy.leave()
    await pause


async def test_patience_ends() -> None:
    """Whoever goes first for long waits for something themselves."""
    courtesy, steps = Courtesy(patience_s=0.001), Steps()
    courtesy.enter()
    assert await politely(steps.work(), courtesy) == "done"


async def test_who_comes_later_is_waited_for_as_well() -> None:
    """Between any two steps."""
    courtesy, steps = Courtesy(patience_s=3600), Steps()
    steps.gates[1].clear()
    polite = asyncio.create_task(politely(steps.work(), courtesy))
    await turns()
    courtesy.enter()
    steps.gates[1].set()
    await turns()
    assert steps.done == 1
    courtesy.leave()
    assert await polite == "done"


async def test_an_error_is_let_out() -> None:
    """As it would be without politeness."""

    async def failing() -> None:
        await asyncio.sleep(0)
        raise LookupError("nobody is there")

    with pytest.raises(LookupError, match="nobody is there"):
        await politely(failing(), Courtesy())


async def test_what_is_waited_for_may_fail() -> None:
    """The work hears of it, and may go on."""
    heard: list[str] = []

    async def work() -> None:
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(LookupError("gone"))
        try:
            await failed
        except LookupError as error:
            heard.append(str(error))
        await asyncio.sleep(0)

    await politely(work(), Courtesy())
    assert heard == ["gone"]


@pytest.mark.parametrize("stands_still", [False, True])
async def test_a_cancellation_reaches_the_work(stands_still: bool) -> None:
    """Whether it waits for something of its own or for others."""
    courtesy, tidied = Courtesy(patience_s=3600), asyncio.Event()
    gate = asyncio.Event()

    async def work() -> None:
        try:
            await gate.wait()
        finally:
            tidied.set()

    polite = asyncio.create_task(politely(work(), courtesy))
    await turns()
    if stands_still:
        courtesy.enter()
        gate.set()
        await turns()
    polite.cancel()
    with pytest.raises(asyncio.CancelledError):
        await polite
    assert tidied.is_set()


async def test_a_time_limit_holds_within_it() -> None:
    """`asyncio.timeout` cancels the task, which is the polite one."""

    async def work() -> str:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.Event().wait()
        except TimeoutError:
            return "too long"
        return "in time"

    assert await politely(work(), Courtesy()) == "too long"


async def test_those_who_step_aside_go_on_one_by_one() -> None:
    """Whatever comes in while many of them are ready waits for one step, not for all of theirs."""
    courtesy, begun = Courtesy(), list[int]()

    async def work(number: int) -> None:
        begun.append(number)

    works = [asyncio.create_task(politely(work(number), courtesy)) for number in range(5)]
    seen = []
    while not all(one.done() for one in works):
        before = len(begun)
        await asyncio.sleep(0)
        seen.append(len(begun) - before)
    assert begun == [0, 1, 2, 3, 4]
    assert max(seen) == 1


async def test_whoever_gives_up_their_turn_keeps_nobody_waiting() -> None:
    """A cancelled work leaves the line."""
    courtesy = Courtesy()
    pauses = [asyncio.create_task(courtesy.pause()) for _ in range(4)]
    await asyncio.sleep(0)
    pauses[1].cancel()
    pauses[2].cancel()
    await asyncio.gather(*pauses, return_exceptions=True)
    assert [one.cancelled() for one in pauses] == [False, True, True, False]
