"""getUpdates: an update is confirmed only after it was handled."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gmbot.adapters.telegram.client import BotClient, Conflict
from gmbot.adapters.telegram.glimpses import Arrived, Passes, glimpses_of, nothing_passes, unless_passed
from gmbot.adapters.telegram.queues import Handle, Turn, Unfinished, fairly
from gmbot.domain.errors import CircuitOpen, ConfigurationError, RefusedError, TransientError, Unavailable
from gmbot.domain.ids import UpdateId
from gmbot.gate.about import concerning
from gmbot.gate.events import DependencyChanged, Lifecycle, Retried
from gmbot.gate.glimpse import Glimpse
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.racing import race

T = TypeVar("T")

Foresee = Callable[[Sequence[Glimpse]], Awaitable[int]]
"""Have it known, before they are handled, who wrote many messages; return of how many. Never raises."""

FAREWELL_S = 1.0
"""How long the last confirmation, at a stop, may take."""

FULL = 100
"""As many updates as an answer holds: more are waiting then."""

WORTH_CONFIRMING = FULL // 2

MANY = 8
"""Where fewer than so many updates of an answer take the long way, a look ahead costs more than it saves."""

BRIEF_S = 4
"""How long a poll waits after one that brought something; then ever longer. Whoever loses an answer is deaf
for that long and ten seconds more: not for a minute where much happens."""

OVERTAKE_S, LATEST_S = 0.05, 0.25
"""While something is not handled, what came meanwhile is asked for this often, at first and at last."""


class Poller:
    """Feeds one bot's updates to `handle`, in order within a queue, confirming only what was handled.

    What `passes` is dealt with at once, after a look ahead (`foresee`) when more is waiting. While an update
    takes long, those that follow it are fetched and handled all the same, up to the hundredth: Telegram's
    answers begin with the first that is not confirmed.
    A poll waits up to `wait_s` seconds (0–50), less while much happens; `backoff` paces what follows a
    failure. Slow updates are overtaken after `overtake_s` seconds, or never (infinity).
    """

    def __init__(
        self,
        client: BotClient,
        handle: Handle,
        *,
        clock: Clock,
        emit: Emit,
        backoff: Backoff,
        passes: Passes = nothing_passes,
        foresee: Foresee | None = None,
        wait_s: int = 50,
        overtake_s: float = OVERTAKE_S,
    ) -> None:
        self._client = client
        self._passes = passes
        self._foresee = foresee
        self._many_unknown = True
        self._clock = clock
        self._emit = emit
        self._backoff = backoff
        self._wait_s = wait_s
        self._lull_s = min(wait_s, BRIEF_S)
        self._confirmed = 0
        self._full = False
        self._overtake_s = overtake_s
        self._nap_s = overtake_s
        self._connected: bool | None = None
        self._contested = False
        self._stopping = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()
        self._unfinished = Unfinished(handle, self._pause, self._stopping.is_set)

    async def run(self) -> None:
        """Poll until `stop`; pending updates are kept, and no outage ends it.

        Raises ConfigurationError if Telegram refuses the token, and whatever `handle` raises that is no
        TransientError, in an ExceptionGroup if it did so several times at once.
        """
        self._finished.clear()
        try:
            async with asyncio.TaskGroup() as turns:
                await self._persist(self._client.delete_webhook)
                while not self._stopping.is_set():
                    updates = await self._persist(self._poll) or []
                    looked_up = await self._look_ahead(updates)
                    begun = self._take(updates, turns)
                    # Whoever was looked up would have taken the long way, too.
                    self._many_unknown = looked_up + begun >= MANY
                    await self._until_worth_polling()
            await self._confirm()
        except ExceptionGroup as failures:
            if len(failures.exceptions) == 1:
                raise failures.exceptions[0] from None
            raise
        finally:
            self._finished.set()

    async def stop(self) -> None:
        """End the poll at once, let what is being handled finish, confirm what was handled, and return."""
        self._stopping.set()
        self._unfinished.moved.set()
        await self._finished.wait()

    async def _poll(self) -> Sequence[Arrived]:
        offset = self._unfinished.offset
        # What is not handled yet would be answered at once, again and again.
        wait_s = 0 if self._unfinished else self._lull_s
        answer = await self._client.updates(offset, limit=FULL, wait_s=wait_s)
        if isinstance(answer, Conflict):
            await self._contest(answer)
            raise TransientError(answer.text)
        self._contested = False
        self._confirmed = offset
        self._unfinished.forget_confirmed(offset)
        # A poll that did not wait and brought nothing tells of no quiet: twice zero lengthens nothing.
        self._lull_s = min(self._wait_s, BRIEF_S if answer else max(self._lull_s, 2 * wait_s))
        return answer

    async def _contest(self, conflict: Conflict) -> None:
        if conflict.webhook_active:
            await self._client.delete_webhook()
        elif not self._contested:
            self._contested = True
            self._emit(Lifecycle("contested", "another process polls this bot too: stop one of the two"))

    async def _look_ahead(self, updates: Sequence[Arrived]) -> int:
        """Return how many people were looked up; nobody while those who write are known."""
        if self._foresee is None or len(updates) < FULL or not self._many_unknown:
            return 0
        # What is fetched again because it is not handled yet was looked up when it came first.
        is_new = self._unfinished.is_new
        return await self._foresee(glimpses_of(u for u in updates if is_new(UpdateId(u.update_id))))

    def _take(self, updates: Sequence[Arrived], tasks: asyncio.TaskGroup) -> int:
        """Let pass what may, and begin with the rest, chats taking turns; return with how many."""
        self._full = len(updates) >= FULL
        self._nap_s = max(self._overtake_s, min(2 * self._nap_s, LATEST_S))
        with concerning(arrived=time.perf_counter()):
            turns = fairly(self._sifted(updates))
            for turn in turns:
                tasks.create_task(self._unfinished.serve(turn))
        return len(turns)

    def _sifted(self, updates: Sequence[Arrived]) -> list[Turn]:
        unfinished, turns = self._unfinished, []
        for update in updates:
            number = UpdateId(update.update_id)
            if not unfinished.is_new(number):
                continue
            self._nap_s = self._overtake_s
            incoming = unless_passed(update, self._passes, unfinished.order.is_barred)
            if incoming is None:
                unfinished.passed(number)
            else:
                turns.append(unfinished.add(incoming))
        return turns

    async def _until_worth_polling(self) -> None:
        """Wait until enough is handled to be confirmed, or for a moment: slow work delays nobody else."""
        unfinished = self._unfinished
        if not unfinished:
            return
        nap = asyncio.ensure_future(self._nap())
        try:
            while unfinished and not (self._stopping.is_set() or nap.done() or self._much_is_handled()):
                unfinished.moved.clear()
                await unfinished.moved.wait()
        finally:
            nap.cancel()
            await asyncio.gather(nap, return_exceptions=True)

    async def _nap(self) -> None:
        if math.isfinite(self._nap_s):
            await self._clock.sleep(self._nap_s)
            self._unfinished.moved.set()
        else:
            await self._stopping.wait()

    def _much_is_handled(self) -> bool:
        return self._full and self._unfinished.offset - self._confirmed >= WORTH_CONFIRMING

    async def _confirm(self) -> None:
        if self._unfinished.offset != self._confirmed:
            with contextlib.suppress(TransientError, RefusedError, ConfigurationError):
                await self._client.updates(self._unfinished.offset, limit=1, timeout_s=FAREWELL_S)

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T | None:
        """Return what an attempt brings, however long it takes; None if stopped meanwhile."""
        failures = 0
        while not self._stopping.is_set():
            try:
                result = await race(attempt(), self._stopping.wait())
            except (TransientError, RefusedError) as error:
                self._connect(not isinstance(error, Unavailable))
                # Whom an open circuit refused has asked nobody: it need not wait any longer for that.
                if not isinstance(error, CircuitOpen):
                    failures += 1
                    self._emit(Retried("getUpdates"))
                await self._pause(failures, error)
            else:
                self._connect(True)
                return result
        return None

    async def _pause(self, failures: int, error: TransientError | RefusedError | None = None) -> None:
        told_s = error.retry_after_s if isinstance(error, TransientError) else None
        await race(self._clock.sleep(self._backoff.delay_s(failures, told_s)), self._stopping.wait())

    def _connect(self, connected: bool) -> None:
        if connected is not self._connected:
            self._connected = connected
            self._emit(DependencyChanged("telegram", connected))
