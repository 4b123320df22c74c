"""What is owed, attempted at once and again until it is paid, by whichever process is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from gmbot.domain.errors import GMBotError, RefusedError, TransientError
from gmbot.gate.changes import Changes
from gmbot.gate.events import IntentFailed
from gmbot.gate.intents import LEASE_S, Intent, Owed
from gmbot.gate.ledger import Ledger
from gmbot.gate.ports import Clock, Emit, Store
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.workers import TaskPool

Perform = Callable[[Owed], Awaitable[Changes]]
GIVE_UP_S = 24 * 3600
"""What could not be paid in a day is dropped: a person who speaks or joins again is owed anew."""

LONGEST_NAP_S = 30.0
_BATCH = 100


class Outbox:
    """Attempts at debts: new ones as they are written, old ones as they fall due.

    At most one attempt at a key runs at a time; a debt that comes meanwhile is attempted after it.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        perform: Perform,
        *,
        clock: Clock,
        emit: Emit,
        pool: TaskPool,
        backoff: Backoff,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._perform = perform
        self._clock = clock
        self._emit = emit
        self._pool = pool
        self._backoff = backoff
        self._running: set[str] = set()
        self._next: dict[str, Owed] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        ledger.on_owed(self.attempt, self.wake)

    def __len__(self) -> int:
        """Return how many attempts run or wait their turn."""
        return len(self._pool)

    def attempt(self, owed: Owed) -> None:
        """Start an attempt at a debt, or remember it for after the one that runs."""
        if self._stopping:
            return
        if owed.key in self._running:
            self._next[owed.key] = owed
            return
        self._running.add(owed.key)
        self._pool.spawn(lambda: self._attempts(owed))

    async def run(self) -> None:
        """Take up what falls due, until stopped; a store that does not answer is asked again later."""
        failures = 0
        while not self._stopping:
            self._wake.clear()
            try:
                nap_s = await self._take_due()
                failures = 0
            except TransientError:
                failures += 1
                nap_s = self._backoff.delay_s(failures)
            await self._nap(nap_s)

    async def stop(self, grace_s: float) -> None:
        """Attempt nothing new, and let what runs end within `grace_s`; the rest stays owed."""
        self._stopping = True
        self._wake.set()
        await self._pool.stop(grace_s)

    async def idle(self) -> None:
        """Return when no attempt is running."""
        await self._pool.idle()

    def wake(self) -> None:
        """Look for due debts now."""
        self._wake.set()

    async def _take_due(self) -> float:
        """Start whatever is due; return how long there is nothing to do."""
        claimed = await self._store.claim(self._clock.now(), LEASE_S, _BATCH)
        for owed in claimed:
            self.attempt(owed)
        if len(claimed) == _BATCH:
            await self._pool.idle()
            return 0
        due_at = await self._store.next_due()
        return LONGEST_NAP_S if due_at is None else min(LONGEST_NAP_S, max(0.05, due_at - self._clock.now()))

    async def _nap(self, nap_s: float) -> None:
        nap = asyncio.ensure_future(self._clock.sleep(nap_s))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({nap, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nap.cancel()
            woken.cancel()

    async def _attempts(self, owed: Owed) -> None:
        try:
            await self._attempt(owed)
        finally:
            self._running.discard(owed.key)
            if again := self._next.pop(owed.key, None):
                self.attempt(again)

    async def _attempt(self, owed: Owed) -> None:
        try:
            more = await self._perform(owed)
            await self._ledger.write(msgspec.structs.replace(more, paid=(owed,)))
        except TransientError as error:
            await self._postpone(owed, error)
        except RefusedError as error:
            await self._drop(owed, error)

    async def _postpone(self, owed: Owed, error: TransientError) -> None:
        now = self._clock.now()
        if now - owed.owed_at > GIVE_UP_S:
            await self._drop(owed, error)
            return
        delay_s = self._backoff.delay_s(owed.attempts + 1, error.retry_after_s)
        later = msgspec.structs.replace(owed, attempts=owed.attempts + 1, due_at=now + delay_s)
        self._report(owed, error, delay_s)
        await self._write(Changes(postponed=(later,)))
        self.wake()

    async def _drop(self, owed: Owed, error: GMBotError) -> None:
        self._report(owed, error, None)
        await self._write(Changes(paid=(owed,)))

    async def _write(self, changes: Changes) -> None:
        """If even this cannot be written, the lease runs out and the debt is attempted again."""
        try:
            await self._ledger.write(changes)
        except TransientError:
            return

    def _report(self, owed: Owed, error: GMBotError, retry_in_s: float | None) -> None:
        group_id, user_id = _whom(owed.intent)
        cause = type(error).__name__
        kind = type(owed.intent).__name__
        self._emit(IntentFailed(kind, cause, owed.attempts + 1, retry_in_s, group_id, user_id))


def _whom(intent: Intent) -> tuple[int | None, int | None]:
    return getattr(intent, "group_id", None), getattr(intent, "user_id", None)
