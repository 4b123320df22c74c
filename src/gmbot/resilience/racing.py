"""Doing something until something else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def race(first: Awaitable[T], *others: Awaitable[object]) -> T | None:
    """Return what `first` does, or None if another ends before it, however it ends.

    Whatever is not over is cancelled, and has ended before this returns or raises. Raises what `first` does.
    """
    runner = asyncio.ensure_future(first)
    runners = [runner, *map(asyncio.ensure_future, others)]
    try:
        await asyncio.wait(runners, return_when=asyncio.FIRST_COMPLETED)
        return runner.result() if runner.done() else None
    finally:
        for one in runners:
            one.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
