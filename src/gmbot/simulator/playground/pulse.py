"""Tells open pages that the world has moved on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

LEAST_GAP_S = 0.15
"""A raid makes a thousand changes a second; a page that followed each would show none."""

HEARTBEAT_S = 1.0


class Pulse:
    """One beat for many listeners; beats that come together count as one."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self._closed = False

    def beat(self) -> None:
        """Something changed."""
        for listener in self._listeners:
            listener.set()

    def close(self) -> None:
        """End every `beats`."""
        self._closed = True
        self.beat()

    @property
    def watched(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    async def beats(self) -> AsyncGenerator[None, None]:
        """Yield after changes, and each second without one; ends when the pulse is closed."""
        changed = asyncio.Event()
        self._listeners.add(changed)
        try:
            while not self._closed:
                await _set_within(changed, HEARTBEAT_S)
                changed.clear()
                yield
                await asyncio.sleep(LEAST_GAP_S)
        finally:
            self._listeners.discard(changed)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
