"""Forget what nobody needs any more: a page at a time, with long pauses, behind all live work."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gmbot.domain.errors import TransientError
from gmbot.gate.ages import UNREQUIRED_S, Ages, Aging, Page
from gmbot.gate.events import RowsPruned
from gmbot.gate.ports import Clock, Emit, Store

FIRST_AFTER_S = 60.0
EVERY_S = 6 * 3600.0
AGAIN_AFTER_S = 600.0
"""When to begin anew after the store failed: whatever troubles it, this can wait."""

PAUSE_S = 0.25
SHARE = 10
"""A page that took a second is followed by ten without: a busy database is left alone for longer."""


class Pruner:
    """Prunes one bot's store; `telegram_now` returns Telegram's clock, by which facts are stamped."""

    def __init__(
        self, store: Store, ages: Ages, clock: Clock, emit: Emit, *, telegram_now: Callable[[], float]
    ) -> None:
        self._store = store
        self._ages = ages
        self._clock = clock
        self._emit = emit
        self._telegram_now = telegram_now

    async def run(self) -> None:
        """Prune now and then, for ever."""
        await self._clock.sleep(FIRST_AFTER_S)
        while True:
            try:
                await self.prune()
            except TransientError:
                await self._clock.sleep(AGAIN_AFTER_S)
            else:
                await self._clock.sleep(EVERY_S)

    async def prune(self) -> None:
        """Look through every table that grows old, once. Raises Unavailable when the store fails."""
        for table in Aging:
            await self._prune(table, self._ages.of(table))

    async def _prune(self, table: Aging, keep_s: float) -> None:
        # Of two clocks that disagree the earlier one forgets less.
        now = min(self._clock.now(), self._telegram_now())
        page = Page(table=table, before=now - keep_s, unrequired_before=now - UNREQUIRED_S)
        while True:
            started = self._clock.now()
            pruned = await self._store.prune(page)
            if pruned.removed:
                self._emit(RowsPruned(table.value, pruned.removed))
            if pruned.after is None:
                return
            await self._clock.sleep(max(PAUSE_S, SHARE * (self._clock.now() - started)))
            page = msgspec.structs.replace(page, after=pruned.after)
