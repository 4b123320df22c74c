"""What is owed, attempted at once and again until it is paid, by whichever process is alive."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from gmbot.domain.errors import RefusedError, TransientError
from gmbot.gate.about import Concerning, concerning
from gmbot.gate.changes import Changes
from gmbot.gate.events import IntentFailed, Unforeseen
from gmbot.gate.intents import LEASE_S, URGENCY, Delete, Intent, Owed, Rewrite, Say, SettleEverywhere
from gmbot.gate.ledger import Ledger
from gmbot.gate.ports import Clock, Emit, Store
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.deadline import deadline
from gmbot.resilience.racing import race
from gmbot.resilience.workers import TaskPool

Perform = Callable[[Owed], Awaitable[Changes]]
GIVE_UP_S = 24 * 3600
"""What could not be paid in a day is dropped: a person who speaks or joins again is owed anew."""

LONGEST_NAP_S = 30.0
"""How long the store is not looked at for what another process left behind."""

UNFORESEEN_STEP_S, UNFORESEEN_CAP_S = 30.0, 600.0
"""What fails for a reason that nobody foresaw is tried again at once, then by so much later each time."""

RENEW_EVERY_S = 5.0
SHORTEST_LEASE_S = 5.0
"""With less of its lease left an attempt is not begun: another process might begin it too."""

HAND_BACK_S = 3.0
"""How long a stop tries to give up leases; whatever is left of them ends by itself."""

MOST_HELD = 10_000
"""What is owed beyond this stays in the store until there is room: memory is bounded."""

LOOK_AHEAD_EVERY_S = 60.0
"""How often is looked for what a wrong clock put off that this process has not seen put back."""

FURTHEST_S = 900.0
"""Nothing that failed is put off further by a clock that is right, unless Telegram asks for such silence."""

CLASSES = max(URGENCY.values()) + 1
_BATCH = 100


class Outbox:
    """Attempts at debts: new ones as they are written, old ones as they fall due.

    At most one attempt at a key runs at a time; a debt that comes meanwhile is attempted after it.
    Whatever waits here for its turn stays leased: in a raid that may take longer than one lease.
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
        self._waiting: dict[str, Owed] = {}
        self._running: dict[str, Owed] = {}
        self._next: dict[str, Owed] = {}
        self._leased_until: dict[str, float] = {}
        self._broken_off: list[Owed] = []
        self._look_at = -math.inf
        self._seen_at = self._looked_ahead_at = -math.inf
        self._wake = asyncio.Event()
        self._stopping = False
        ledger.on_owed(self.attempt, self.schedule, self.begin)

    def __len__(self) -> int:
        """Return how many attempts run or wait their turn."""
        return len(self._pool)

    def attempt(self, owed: Owed) -> None:
        """Attempt a debt when it is its turn; it is leased until it is due."""
        self._hold(owed, owed.due_at)

    def begin(self, owed: Owed) -> bool:
        """Attempt a debt that is not stored yet, if nobody has to wait for that; return whether it begins."""
        calm = self._pool.at_once(_lane(owed))
        if self._stopping or owed.key in self._leased_until or not calm:
            return False
        self._hold(owed, self._clock.now() + LEASE_S)
        return True

    def schedule(self, due_at: float) -> None:
        """Look for due debts at a Unix second, if not before."""
        if due_at < self._look_at:
            self._look_at = due_at
            self._wake.set()

    def wake(self) -> None:
        """Look for due debts now."""
        self.schedule(-math.inf)

    async def run(self) -> None:
        """Take up what falls due, until stopped; a store that does not answer is asked again later."""
        self._look_at = self._looked_ahead_at = -math.inf
        failures = 0
        while not self._stopping:
            self._wake.clear()
            try:
                await self._mind_the_clock()
                await self._keep_house()
                failures = 0
            except TransientError:
                failures += 1
                self._look_at = self._clock.now() + self._backoff.delay_s(failures)
            nap_s = min(RENEW_EVERY_S, max(0.05, self._look_at - self._clock.now()))
            await race(self._clock.sleep(nap_s), self._wake.wait())

    async def stop(self, grace_s: float) -> None:
        """Attempt nothing new, and let what runs end within `grace_s`; the rest stays owed, to anybody."""
        self._stopping = True
        self._wake.set()
        await self._hand_back([*self._waiting.values(), *self._next.values()])
        self._waiting.clear()
        self._next.clear()
        await self._pool.stop(grace_s)
        await self._hand_back(self._broken_off)

    async def idle(self) -> None:
        """Return when no attempt is running."""
        await self._pool.idle()

    async def _mind_the_clock(self) -> None:
        """Put right what a clock put off that has been put back since: it is due by the clock as it is now.

        In less than a lease whoever may be at it now has said so by this clock.
        """
        now = self._clock.now()
        put_back = now < self._seen_at
        if put_back or not 0 <= now - self._looked_ahead_at < LOOK_AHEAD_EVERY_S:
            await self._store.bring_forward(now, LEASE_S if put_back else FURTHEST_S, LEASE_S)
            self._looked_ahead_at = now
        if put_back:
            self._look_at = -math.inf
        self._seen_at = now

    async def _keep_house(self) -> None:
        await self._renew()
        if self._clock.now() >= self._look_at:
            self._look_at = math.inf
            due_at = await self._take_due()
            self._look_at = min(self._look_at, due_at)

    async def _take_due(self) -> float:
        """Take up whatever is due; return when to look again."""
        limit = _BATCH
        while limit == _BATCH:
            now = self._clock.now()
            claimed = await self._store.claim(now, LEASE_S, limit)
            for owed in claimed:
                self._hold(owed, now + LEASE_S)
            if len(self._leased_until) >= MOST_HELD:
                return now + RENEW_EVERY_S
            limit = len(claimed)
        due_at = await self._store.next_due()
        latest = self._clock.now() + LONGEST_NAP_S
        return latest if due_at is None else min(latest, due_at)

    def _hold(self, owed: Owed, leased_until: float) -> None:
        """Let a debt wait for its turn; one that is claimed again while it is held is held longer."""
        key = owed.key
        if self._stopping or (len(self._leased_until) >= MOST_HELD and key not in self._leased_until):
            return
        if key in self._running:
            if self._running[key].token != owed.token:
                self._next[key] = owed
            return
        self._leased_until[key] = leased_until
        new = key not in self._waiting
        self._waiting[key] = owed
        if new:
            self._pool.spawn(lambda: self._attempts(key), _lane(owed), owed.urgency)

    async def _renew(self) -> None:
        """Keep others from what is held here and whose lease ends before long."""
        now = self._clock.now()
        soon = now + LEASE_S - RENEW_EVERY_S
        # A lease that ends later than any can was given by a clock that has been put back.
        ending = [key for key, until in self._leased_until.items() if not soon < until <= now + LEASE_S]
        for start in range(0, len(ending), _BATCH):
            held = [
                self._waiting.get(key) or self._running.get(key) for key in ending[start : start + _BATCH]
            ]
            kept = [msgspec.structs.replace(one, due_at=now + LEASE_S) for one in held if one is not None]
            await self._ledger.write(Changes(postponed=tuple(kept)))
            self._leased_until.update({one.key: one.due_at for one in kept if one.key in self._leased_until})

    async def _hand_back(self, debts: Sequence[Owed]) -> None:
        """Give up the leases of what is not done, so that the next process need not wait for their end.

        A store that does not answer keeps no stop waiting.
        """
        now = self._clock.now()
        left = [msgspec.structs.replace(owed, due_at=now) for owed in debts]
        with contextlib.suppress(TransientError):
            async with deadline(HAND_BACK_S):
                for start in range(0, len(left), _BATCH):
                    await self._ledger.write(Changes(postponed=tuple(left[start : start + _BATCH])))

    async def _attempts(self, key: str) -> None:
        owed = self._waiting.pop(key, None)
        if owed is None or self._leased_until[key] < self._clock.now() + SHORTEST_LEASE_S:
            self._leased_until.pop(key, None)
            self.wake()
            return
        self._running[key] = owed
        try:
            with _about(owed.intent):
                await self._attempt(owed)
        except asyncio.CancelledError:
            self._broken_off.append(owed)
            raise
        finally:
            del self._running[key]
            del self._leased_until[key]
            if again := self._next.pop(key, None):
                self.attempt(again)

    async def _attempt(self, owed: Owed) -> None:
        try:
            more = await self._perform(owed)
            await self._ledger.write(msgspec.structs.replace(more, paid=(owed,)))
        except TransientError as error:
            await self._postpone(owed, error, error.retry_after_s)
        except RefusedError as error:
            await self._drop(owed, error)
        except Exception as error:  # noqa: BLE001 - a last resort: a debt that we mishandle wedges no other
            self._emit(Unforeseen("outbox", type(error).__name__, error))
            await self._postpone(owed, error, min(UNFORESEEN_CAP_S, UNFORESEEN_STEP_S * owed.attempts))

    async def _postpone(self, owed: Owed, error: Exception, least_s: float | None) -> None:
        now = self._clock.now()
        if now - owed.owed_at > GIVE_UP_S:
            await self._drop(owed, error)
            return
        delay_s = self._backoff.delay_s(owed.attempts + 1, least_s)
        later = msgspec.structs.replace(owed, attempts=owed.attempts + 1, due_at=now + delay_s)
        self._report(owed, error, delay_s)
        await self._write(Changes(postponed=(later,)))
        self.schedule(later.due_at)

    async def _drop(self, owed: Owed, error: Exception) -> None:
        self._report(owed, error, None)
        await self._write(Changes(paid=(owed,)))

    async def _write(self, changes: Changes) -> None:
        """If even this cannot be written, the lease runs out and the debt is attempted again."""
        try:
            await self._ledger.write(changes)
        except TransientError:
            return

    def _report(self, owed: Owed, error: Exception, retry_in_s: float | None) -> None:
        group_id, user_id = _whom(owed.intent)
        cause = type(error).__name__
        kind = type(owed.intent).__name__
        self._emit(IntentFailed(kind, cause, owed.attempts + 1, retry_in_s, group_id, user_id))


def _about(intent: Intent) -> Concerning:
    group_id, user_id = _whom(intent)
    channel_id = getattr(intent, "channel_id", None)
    return concerning(intent=type(intent).__name__, group_id=group_id, user_id=user_id, channel_id=channel_id)


def _whom(intent: Intent) -> tuple[int | None, int | None]:
    return getattr(intent, "group_id", None), getattr(intent, "user_id", None)


def _lane(owed: Owed) -> tuple[int, int]:
    return owed.urgency, _place(owed.intent)


def _place(intent: Intent) -> int:
    """Return the chat whose turn an intent takes."""
    match intent:
        case Say(to=to):
            return to.chat_id
        case Delete(chat_id=chat_id) | Rewrite(chat_id=chat_id):
            return chat_id
        case SettleEverywhere(channel_id=channel_id):
            return channel_id
        case _:
            return intent.group_id
