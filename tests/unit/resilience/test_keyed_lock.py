"""Mutual exclusion per key."""

import asyncio

import pytest

from gmbot.resilience.keyed_lock import KeyedLock


async def turns() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


class Visitor:
    """Holds a key from when it gets it until it is told to leave."""

    def __init__(self, locks: KeyedLock[str], key: str, log: list[str], name: str) -> None:
        self.leave = asyncio.Event()
        self.task = asyncio.create_task(self._visit(locks, key, log, name))

    async def _visit(self, locks: KeyedLock[str], key: str, log: list[str], name: str) -> None:
        async with locks(key):
            log.append(name)
            await self.leave.wait()


async def test_one_key_is_held_by_one_at_a_time_in_order_of_asking() -> None:
    """First come, first served."""
    locks, log = KeyedLock[str](), list[str]()
    visitors = [Visitor(locks, "k", log, name) for name in "abc"]
    for count, visitor in enumerate(visitors, 1):
        await turns()
        assert log == list("abc")[:count]
        visitor.leave.set()
    await asyncio.gather(*(v.task for v in visitors))


async def test_different_keys_do_not_wait_for_each_other() -> None:
    """One person's slow call is nobody else's trouble."""
    locks, log = KeyedLock[str](), list[str]()
    visitors = [Visitor(locks, key, log, key) for key in "ab"]
    await turns()
    assert log == ["a", "b"]
    for visitor in visitors:
        visitor.leave.set()
        await visitor.task


async def test_a_key_that_nobody_wants_is_forgotten() -> None:
    """Memory does not grow with the number of people ever seen."""
    locks = KeyedLock[int]()
    async with locks(1), locks(2):
        assert len(locks) == 2
        assert (locks.held(1), locks.held(3)) == (True, False)
    assert len(locks) == 0
    assert not locks.held(1)


async def test_a_key_is_kept_while_somebody_waits_for_it() -> None:
    """Otherwise the next to come would pass a waiter by."""
    locks, log = KeyedLock[str](), list[str]()
    first, second = Visitor(locks, "k", log, "first"), Visitor(locks, "k", log, "second")
    await turns()
    first.leave.set()
    await turns()
    third = Visitor(locks, "k", log, "third")
    await turns()
    assert log == ["first", "second"]
    second.leave.set()
    third.leave.set()
    await asyncio.gather(first.task, second.task, third.task)


async def test_a_cancelled_waiter_leaves_the_queue() -> None:
    """Those behind it move up."""
    locks, log = KeyedLock[str](), list[str]()
    first, gone, last = (Visitor(locks, "k", log, name) for name in ("first", "gone", "last"))
    await turns()
    gone.task.cancel()
    first.leave.set()
    last.leave.set()
    await asyncio.gather(first.task, last.task)
    assert log == ["first", "last"]
    assert gone.task.cancelled()
    assert len(locks) == 0


async def test_a_holder_cancelled_while_the_key_is_handed_over_does_not_lose_it() -> None:
    """The next waiter gets the key although the one it was meant for is gone."""
    locks, log = KeyedLock[str](), list[str]()
    first, gone, last = (Visitor(locks, "k", log, name) for name in ("first", "gone", "last"))
    await turns()
    first.leave.set()
    await asyncio.wait({first.task})
    gone.task.cancel()
    last.leave.set()
    await last.task
    assert log[-1] == "last"
    assert len(locks) == 0


async def test_the_key_is_given_back_after_an_error() -> None:
    """However the block ends."""
    locks = KeyedLock[str]()
    with pytest.raises(KeyError):
        async with locks("k"):
            raise KeyError
    async with locks("k"):
        assert len(locks) == 1


async def test_the_key_is_given_back_when_its_holder_is_cancelled() -> None:
    """A stop in the middle wedges nobody."""
    locks, log = KeyedLock[str](), list[str]()
    holder, waiter = Visitor(locks, "k", log, "holder"), Visitor(locks, "k", log, "waiter")
    await turns()
    holder.task.cancel()
    waiter.leave.set()
    await waiter.task
    assert log == ["holder", "waiter"]
    assert len(locks) == 0
