"""Where everything is written: store first, then every memory, then what is owed is attempted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from gmbot.domain.errors import TransientError
from gmbot.domain.membership import Membership
from gmbot.gate.changes import Changes, LearntMembership
from gmbot.gate.guarded import Guarded
from gmbot.gate.intents import LEASE_S, Intent, Owed
from gmbot.gate.ports import Clock, Memory, SharedMemory, Store

LATE_S = 30
"""News older than this may be older than what is stored: memories look there instead of believing them."""


class Ledger:
    """The one way to change anything.

    An intent that is due at once is stored with a lease, so that nobody else takes it while this
    process makes the first attempt, and anybody does if this process dies. `telegram_now` returns
    Telegram's clock, by which facts are stamped.
    """

    def __init__(
        self,
        store: Store,
        memory: Memory,
        shared: SharedMemory,
        guarded: Guarded,
        clock: Clock,
        *,
        telegram_now: Callable[[], float],
    ) -> None:
        self._store = store
        self._memory = memory
        self._shared = shared
        self._telegram_now = telegram_now
        self._guarded = guarded
        self._clock = clock
        self._last_token = 0
        self._attempt: Callable[[Owed], None] = lambda owed: None
        self._schedule: Callable[[float], None] = lambda due_at: None
        self._begin: Callable[[Owed], bool] = lambda owed: False
        self._swept: Callable[[], None] = lambda: None
        self._outdated: Callable[[], None] = lambda: None

    def on_owed(
        self,
        attempt: Callable[[Owed], None],
        schedule: Callable[[float], None],
        begin: Callable[[Owed], bool],
    ) -> None:
        """Have `attempt` called with each stored intent that is due now, `schedule` with when others are.

        `begin` is called with what is not stored yet; it tells whether the attempt begins now.
        """
        self._attempt = attempt
        self._schedule = schedule
        self._begin = begin

    def on_sweeps(self, swept: Callable[[], None]) -> None:
        """Have `swept` called when a sweep is stored: somebody may have asked for it."""
        self._swept = swept

    def on_doubt(self, outdated: Callable[[], None]) -> None:
        """Have `outdated` called when groups may have been stored although nobody said so."""
        self._outdated = outdated

    def owe(self, intent: Intent, *, delay_s: float = 0) -> Owed:
        """Return an intent as a debt that is due now, or `delay_s` seconds from now."""
        now = self._clock.now()
        self._last_token = max(self._last_token + 1, int(now * 1_000_000))
        return Owed(intent, due_at=now + delay_s, owed_at=now, token=self._last_token)

    def begin(self, owed: Owed) -> bool:
        """Attempt a debt before it is stored, which whoever owes it sees to; False if others come first."""
        return self._begin(owed)

    async def write(self, changes: Changes) -> bool:
        """Store changes in one transaction; False if their update was applied before.

        Returns once other processes were told; those of an update that was applied before are told again,
        as whoever applied it may have died before it could tell. Raises Unavailable when the store cannot be
        written, or did not say that it was: then memory forgets what may be stored by now, as it does when
        the caller is cancelled meanwhile.
        """
        now = self._clock.now()
        leased = msgspec.structs.replace(changes, at=now, owed=_leased(changes.owed))
        told = self._doubting(leased, self._telegram_now())
        if not await self._applied(leased):
            self._remember(told)
            await self._shared.learn(told)
            return False
        self._remember(told)
        self._guarded.learn(leased)
        for owed, stored in zip(changes.owed, leased.owed, strict=True):
            if _due_at_once(owed):
                self._attempt(stored)
            else:
                self._schedule(owed.due_at)
        if changes.sweeps:
            self._swept()
        await self._shared.learn(told)
        return True

    async def _applied(self, changes: Changes) -> bool:
        self._guarded.storing += changes.of_groups
        try:
            return await self._store.apply(changes)
        except TransientError:
            self._doubt(changes)
            await self._shared.learn(_unsure(changes))
            raise
        except asyncio.CancelledError:
            # The store may end what it has begun; there is no time left to tell others.
            self._doubt(changes)
            raise
        finally:
            self._guarded.storing -= changes.of_groups

    def _doubt(self, changes: Changes) -> None:
        """An answer may be lost after the commit: whoever needs what was written looks into the store."""
        for learnt in changes.memberships:
            self._memory.forget_membership(learnt.user_id, learnt.channel_id)
        for seen in changes.standings:
            self._memory.forget_standing(seen.group_id, seen.user_id)
        if changes.of_groups:
            self._outdated()

    def _doubting(self, changes: Changes, now: float) -> Changes:
        """Return changes whose late memberships say no more than that something was stored."""
        if not any(self._is_late(learnt, now) for learnt in changes.memberships):
            return changes
        told = (_unknown(one) if self._is_late(one, now) else one for one in changes.memberships)
        return msgspec.structs.replace(changes, memberships=tuple(told))

    def _is_late(self, learnt: LearntMembership, now: float) -> bool:
        """Whether newer news may be stored, or have been missed because the channel was not heard then."""
        at = learnt.membership.stamp.at
        return now - at > LATE_S or not self._guarded.heard(learnt.channel_id, at)

    def _remember(self, told: Changes) -> None:
        if self._guarded.hears_anew(told.channels):
            self._memory.forget_memberships()
        for learnt in told.memberships:
            if not learnt.membership.known:
                self._memory.forget_membership(learnt.user_id, learnt.channel_id)
        self._memory.learn(told)
        for seen in told.standings:
            # A newer one may be stored that memory does not hold: old news make nobody an admin.
            if self._telegram_now() - seen.standing.stamp.at > LATE_S:
                self._memory.forget_standing(seen.group_id, seen.user_id)


def _unsure(changes: Changes) -> Changes:
    """Return changes of which nobody knows whether they are stored: whoever is told looks there."""
    return msgspec.structs.replace(changes, memberships=tuple(map(_unknown, changes.memberships)))


def _unknown(learnt: LearntMembership) -> LearntMembership:
    return msgspec.structs.replace(learnt, membership=Membership(learnt.membership.stamp))


def _due_at_once(owed: Owed) -> bool:
    return owed.due_at <= owed.owed_at


def _leased(owed: Sequence[Owed]) -> tuple[Owed, ...]:
    return tuple(
        msgspec.structs.replace(one, due_at=one.due_at + LEASE_S) if _due_at_once(one) else one
        for one in owed
    )
