"""getUpdates: an update is confirmed only after it was handled."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from gmbot.adapters.telegram.client import BotClient, Conflict
from gmbot.adapters.telegram.queues import Batch, Handle
from gmbot.domain.errors import ConfigurationError, RefusedError, TransientError, Unavailable
from gmbot.gate.about import concerning
from gmbot.gate.events import DependencyChanged, Lifecycle, Retried
from gmbot.gate.incoming import Incoming
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.backoff import Backoff

T = TypeVar("T")

FAREWELL_S = 1.0
"""How long the last confirmation, at a stop, may take."""


class Poller:
    """Feeds one bot's updates to `handle`, in order within a queue, confirming only what was handled.

    A poll waits up to `wait_s` seconds (0–50); `backoff` paces what follows a failure.
    """

    def __init__(
        self,
        client: BotClient,
        handle: Handle,
        *,
        clock: Clock,
        emit: Emit,
        backoff: Backoff,
        wait_s: int = 50,
    ) -> None:
        self._client = client
        self._handle = handle
        self._clock = clock
        self._emit = emit
        self._backoff = backoff
        self._wait_s = wait_s
        self._offset = 0
        self._confirmed = 0
        self._connected: bool | None = None
        self._contested = False
        self._stopping = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()

    async def run(self) -> None:
        """Poll until `stop`; pending updates are kept, and no outage ends it.

        Raises ConfigurationError if Telegram refuses the token, and whatever `handle` raises that is no
        TransientError, in an ExceptionGroup if several queues were being handled.
        """
        self._finished.clear()
        try:
            await self._persist(self._client.delete_webhook)
            while not self._stopping.is_set():
                await self._deliver(await self._persist(self._poll) or [])
            await self._confirm()
        finally:
            self._finished.set()

    async def stop(self) -> None:
        """End the poll at once, let what is being handled finish, confirm what was handled, and return."""
        self._stopping.set()
        await self._finished.wait()

    async def _poll(self) -> list[Incoming]:
        offset = self._offset
        answer = await self._client.updates(offset, wait_s=self._wait_s)
        if isinstance(answer, Conflict):
            await self._contest(answer)
            raise TransientError(answer.text)
        self._contested = False
        self._confirmed = offset
        return answer

    async def _contest(self, conflict: Conflict) -> None:
        if conflict.webhook_active:
            await self._client.delete_webhook()
        elif not self._contested:
            self._contested = True
            self._emit(Lifecycle("contested", "another process polls this bot too: stop one of the two"))

    async def _deliver(self, updates: list[Incoming]) -> None:
        batch = Batch(updates)
        failures, arrived = 0, time.perf_counter()
        while not batch.done and not self._stopping.is_set():
            if failures:
                await self._pause(failures)
            with concerning(arrived=arrived):
                await batch.handle(self._handle, self._stopping.is_set)
            failures += 1
        if updates:
            self._offset = batch.offset

    async def _confirm(self) -> None:
        if self._offset != self._confirmed:
            with contextlib.suppress(TransientError, RefusedError, ConfigurationError):
                await self._client.updates(self._offset, limit=1, timeout_s=FAREWELL_S)

    async def _persist(self, attempt: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Return what an attempt brings, however long it takes; None if stopped meanwhile."""
        failures = 0
        while not self._stopping.is_set():
            try:
                result = await self._unless_stopping(attempt())
            except (TransientError, RefusedError) as error:
                failures += 1
                self._connect(not isinstance(error, Unavailable))
                self._emit(Retried("getUpdates"))
                await self._pause(failures, error)
            else:
                self._connect(True)
                return result
        return None

    async def _pause(self, failures: int, error: TransientError | RefusedError | None = None) -> None:
        told_s = error.retry_after_s if isinstance(error, TransientError) else None
        await self._unless_stopping(_finish(self._clock.sleep(self._backoff.delay_s(failures, told_s))))

    def _connect(self, connected: bool) -> None:
        if connected is not self._connected:
            self._connected = connected
            self._emit(DependencyChanged("telegram", connected))

    async def _unless_stopping(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what `work` does, or None as soon as a stop is wanted: `work` is cancelled then."""
        task = asyncio.ensure_future(work)
        halt = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            task.cancel()
            halt.cancel()
            await asyncio.gather(task, halt, return_exceptions=True)


async def _finish(work: Awaitable[None]) -> None:
    await work
