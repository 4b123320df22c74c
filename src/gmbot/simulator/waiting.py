"""Waiting for whichever of several things happens first."""

import asyncio
from collections.abc import Awaitable


async def first_of(*things: Awaitable[object]) -> int:
    """Wait until one of the things is done, end the others, and return the index of the first done.

    What the finished thing raised is raised here.
    """
    tasks = [asyncio.ensure_future(thing) for thing in things]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
    await ended[0]
    return tasks.index(ended[0])
