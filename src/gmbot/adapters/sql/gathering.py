"""What is asked while a batch is under way makes the next batch; with nothing under way, nobody waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from gmbot.domain.errors import Unavailable

A = TypeVar("A")
R = TypeVar("R")


class Spoilt(Unavailable):
    """What was asked cannot be done, however well the database is: each is to be tried alone."""

    hopeless = True


class Gathering(Generic[A, R]):
    """Answers in batches, in the order of asking, at most `lanes` of them at a time.

    `answer` returns an answer for each that was asked. `fits` tells how many of the first may go together,
    at least one. If a batch fails for another reason than an outage, each is tried alone: one that cannot
    be answered costs nobody else's answer.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[A]], Awaitable[Sequence[R]]],
        *,
        fits: Callable[[Sequence[A]], int],
        lanes: int = 1,
    ) -> None:
        self._answer = answer
        self._fits = fits
        self._lanes = lanes
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._at_work = 0

    async def ask(self, one: A) -> R:
        """Return the answer, or raise why there is none. What nobody waits for any more is not begun."""
        heard: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, heard))
        if self._at_work < self._lanes:
            # A task, and not at once: whoever else asks in this turn of the loop comes along.
            self._at_work += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await heard

    async def _run(self) -> None:
        try:
            while batch := self._next():
                await self._serve(batch)
        finally:
            self._at_work -= 1

    def _next(self) -> list[tuple[A, asyncio.Future[R]]]:
        waiting = [asked for asked in self._waiting if not asked[1].done()]
        together = self._fits([one for one, _ in waiting]) if waiting else 0
        self._waiting = deque(waiting[together:])
        return waiting[:together]

    async def _serve(self, batch: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._answer([one for one, _ in batch])
        except Spoilt as error:
            await self._each(batch, error)
        except Unavailable as error:
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - goes to whoever asked, once it is known who that is
            await self._each(batch, error)
        except BaseException:
            _fail(batch, Unavailable("the database was left in the middle of it"))
            raise
        else:
            for (_, heard), answer in zip(batch, answers, strict=True):
                if not heard.done():
                    heard.set_result(answer)

    async def _each(self, batch: Sequence[tuple[A, asyncio.Future[R]]], error: Exception) -> None:
        if len(batch) == 1:
            _fail(batch, error)
            return
        for asked in batch:
            await self._serve([asked])


def _fail(batch: Sequence[tuple[A, asyncio.Future[R]]], error: Exception) -> None:
    for _, heard in batch:
        if not heard.done():
            heard.set_exception(error)
