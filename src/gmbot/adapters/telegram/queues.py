"""A batch of updates, handled in order within a queue and at once across queues."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from gmbot.adapters.telegram.translate import QueueKey, queue_key
from gmbot.domain.errors import TransientError
from gmbot.domain.ids import UpdateId
from gmbot.gate.incoming import Incoming

Handle = Callable[[Incoming], Awaitable[None]]
"""Returns once an update's facts and intents are stored; raises TransientError when they cannot be now."""


class Batch:
    """Updates that are not all handled yet; a repeated one counts once."""

    def __init__(self, updates: Iterable[Incoming]) -> None:
        self._waiting: dict[UpdateId, Incoming] = {update.update_id: update for update in updates}
        self._last = max(self._waiting, default=UpdateId(-1))

    @property
    def done(self) -> bool:
        """Whether every update was handled."""
        return not self._waiting

    @property
    def offset(self) -> int:
        """The first id that must not be confirmed."""
        return min(self._waiting, default=self._last + 1)

    async def handle(self, handle: Handle, halted: Callable[[], bool]) -> None:
        """Handle what waits; an update that fails keeps only those behind it in its queue waiting.

        Nothing more is begun once `halted`.
        """
        queues = self._queues()
        if len(queues) == 1:
            await self._drain(queues[0], handle, halted)
            return
        async with asyncio.TaskGroup() as group:
            for queue in queues:
                group.create_task(self._drain(queue, handle, halted))

    def _queues(self) -> list[list[Incoming]]:
        queues: dict[QueueKey, list[Incoming]] = {}
        for update in self._waiting.values():
            queues.setdefault(queue_key(update), []).append(update)
        return list(queues.values())

    async def _drain(self, queue: list[Incoming], handle: Handle, halted: Callable[[], bool]) -> None:
        for update in queue:
            if halted():
                return
            try:
                await handle(update)
            except TransientError:
                return
            del self._waiting[update.update_id]
