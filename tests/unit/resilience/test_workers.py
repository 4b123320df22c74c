"""A bounded set of tasks whose errors are never lost."""

import asyncio
import contextvars

import pytest
from tests.unit.resilience.bench import Bench, turns

from gmbot.resilience.workers import TaskPool, Work


def failing(error: BaseException) -> Work:
    """A work that raises."""

    async def run() -> None:
        raise error

    return run


async def quick() -> None:
    """A work that ends at once."""


async def test_no_more_than_the_limit_run_at_once_and_the_rest_in_order(bench: Bench) -> None:
    """Who waits is started when somebody ends."""
    pool = bench.pool(2)
    for name in "abcd":
        assert pool.spawn(bench.work(name))
    await turns()
    assert bench.started == ["a", "b"]
    bench.gates["b"].set()
    await turns()
    assert bench.started == ["a", "b", "c"]
    for gate in bench.gates.values():
        gate.set()
    await pool.idle()
    assert bench.ended == ["b", "a", "c", "d"]


async def test_it_tells_how_much_runs_waits_and_fits(bench: Bench) -> None:
    """Never a negative number of free places."""
    pool = bench.pool(2)
    seen = []
    for name in "abc":
        pool.spawn(bench.work(name))
        seen.append((len(pool), pool.free))
    assert seen == [(1, 1), (2, 0), (3, 0)]
    await pool.stop(0)


async def test_room_waits_for_a_free_place(bench: Bench) -> None:
    """This is how a source is slowed down."""
    pool = bench.pool(1)
    pool.spawn(bench.work("a"))
    waiting = asyncio.create_task(pool.room())
    await turns()
    assert not waiting.done()
    bench.gates["a"].set()
    await waiting
    assert pool.free == 1


async def test_room_is_there_at_once_in_an_empty_pool(bench: Bench) -> None:
    """Nobody has to end first."""
    await bench.pool().room()


async def test_those_who_wait_for_room_are_let_go_when_the_pool_stops(bench: Bench) -> None:
    """They hear from `spawn` that it is over."""
    pool = bench.pool(1)
    pool.spawn(bench.work("a"))
    waiting = asyncio.create_task(pool.room())
    await turns()
    await pool.stop(0)
    await waiting
    assert not pool.spawn(quick)


async def test_idle_waits_for_what_works_spawn_too(bench: Bench) -> None:
    """Idle means that nothing is left, not that the first ones ended."""
    pool = bench.pool()

    async def parent() -> None:
        pool.spawn(bench.work("child"))

    pool.spawn(parent)
    idle = asyncio.create_task(pool.idle())
    await turns()
    assert not idle.done()
    bench.gates["child"].set()
    await idle
    assert len(pool) == 0


async def test_an_error_is_handed_over_and_disturbs_nobody(bench: Bench) -> None:
    """The next in line starts all the same."""
    pool, error = bench.pool(1), KeyError("broken")
    pool.spawn(failing(error))
    pool.spawn(bench.work("next"))
    await turns()
    assert bench.errors == [error]
    assert bench.started == ["next"]
    await pool.stop(0)


async def test_a_work_that_fails_before_its_first_await_is_handed_over_too(bench: Bench) -> None:
    """A callable that raises is the same as a task that does."""

    def broken() -> asyncio.Future[None]:
        raise KeyError

    pool = bench.pool()
    pool.spawn(broken)
    await pool.idle()
    await turns()
    assert [type(e) for e in bench.errors] == [KeyError]


async def test_a_work_cancelled_by_others_is_handed_over(bench: Bench) -> None:
    """Work that silently vanishes is lost work."""
    pool = bench.pool()
    pool.spawn(failing(asyncio.CancelledError()))
    await pool.idle()
    assert [type(e) for e in bench.errors] == [asyncio.CancelledError]


async def test_stop_lets_works_end_within_the_grace(bench: Bench) -> None:
    """And those that wait get their turn."""
    pool = bench.pool(1)
    for name in "ab":
        pool.spawn(bench.work(name))
        bench.gates[name].set()
    assert await pool.stop(60) == 0
    assert bench.ended == ["a", "b"]


async def test_stop_cancels_what_does_not_end_and_says_how_much(bench: Bench) -> None:
    """What never started counts too; cancelling is no error."""
    pool = bench.pool(1)
    for name in "abc":
        pool.spawn(bench.work(name))
    await turns()
    assert await pool.stop(0) == 3
    assert (bench.started, bench.cancelled, bench.errors) == (["a"], ["a"], [])
    assert len(pool) == 0


async def test_errors_on_the_way_out_are_handed_over(bench: Bench) -> None:
    """A failing clean-up is still a failure."""
    pool = bench.pool()
    started = asyncio.Event()

    async def run() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError

    pool.spawn(run)
    await started.wait()
    await pool.stop(0)
    await turns()
    assert [type(e) for e in bench.errors] == [KeyError]


async def test_a_work_that_will_not_be_cancelled_does_not_wedge_the_stop(bench: Bench) -> None:
    """A process must be able to end."""
    pool, started, release = bench.pool(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        started.set()
        try:
            await release.wait()
        except asyncio.CancelledError:
            await release.wait()

    pool.spawn(stubborn)
    await started.wait()
    assert await pool.stop(0, unwind_s=0) == 1
    assert len(pool) == 1
    release.set()
    await pool.idle()


async def test_a_stop_that_is_itself_cancelled_still_cancels_the_works(bench: Bench) -> None:
    """A second signal means now."""
    pool = bench.pool()
    pool.spawn(bench.work("a"))
    stopping = asyncio.create_task(pool.stop(60))
    await turns()
    stopping.cancel()
    await asyncio.wait({stopping})
    assert stopping.cancelled()
    await pool.idle()
    assert bench.cancelled == ["a"]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_pool_without_places_is_refused(bench: Bench, limit: int) -> None:
    """Its works would wait for ever."""
    with pytest.raises(ValueError, match="at least one"):
        bench.pool(limit)


WHOSE: contextvars.ContextVar[str] = contextvars.ContextVar("whose", default="nobody")


async def test_a_work_that_waited_keeps_the_context_of_who_wanted_it() -> None:
    """Whoever makes room for it has nothing to do with it."""
    seen: list[str] = []

    async def look() -> None:
        await asyncio.sleep(0)
        seen.append(WHOSE.get())

    pool = TaskPool(1, lambda error: None)
    for name in ("first", "second"):
        contextvars.copy_context().run(lambda name=name: (WHOSE.set(name), pool.spawn(look)))  # type: ignore[misc]
    await pool.idle()
    assert seen == ["first", "second"]


async def test_an_error_is_told_in_the_context_of_its_work() -> None:
    """A line about it can say whom it is about."""
    told: list[str] = []
    pool = TaskPool(1, lambda error: told.append(WHOSE.get()))
    contextvars.copy_context().run(lambda: (WHOSE.set("mine"), pool.spawn(failing(ValueError()))))
    await pool.idle()
    assert told == ["mine"]
