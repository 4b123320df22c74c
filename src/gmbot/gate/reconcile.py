"""Reconciliation: sweeps, one question at a time within a budget, yielding to whatever is more urgent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from gmbot.domain.errors import TransientError
from gmbot.domain.group import Group
from gmbot.domain.ids import GroupId
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import SweepEnded
from gmbot.gate.intents import Owed, Rewrite
from gmbot.gate.ports import Clock
from gmbot.gate.sweep_group import PAGE, Sweeping
from gmbot.gate.sweeps import Sweep, SweepKind
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.budget import Budget
from gmbot.resilience.racing import race

SAVED_S = 0.2
"""For how long questions that were not asked may be made up for."""

YIELD_S = 0.25
"""How long a sweep stands back before it looks again whether live work is done."""

LOOK_AGAIN_S = 1.0
"""For how long a sweep that is asked for may wait behind the rounds of groups that are due."""

AT_ONE_LOOK = 250
"""So many groups are looked at before others may work."""

BREATH_S = 0.25
"""Between two pages of a round: going over a million people must not take the processor for itself."""

TELL_EVERY_S = 3.0
ABANDONED_S = 60.0
"""A sweep that nobody touched for so long is anybody's: its worker died."""

SETTLING_S = 60.0
"""A channel that is heard anew is swept this much later: what comes by itself needs no question."""

LONGEST_NAP_S = 60.0
"""How long nobody looks whether another process was asked for a sweep."""

FAILURES_IN_A_ROW = 3
"""After so many unanswered questions Telegram is given time."""

Heard = Callable[[Sweep], None]
_REQUESTED = frozenset({SweepKind.DEMAND, SweepKind.RESUMED})


class Pace:
    """Lets sweeps ask: `rate_per_s` questions at the most, and none while `busy`."""

    def __init__(self, rate_per_s: float, clock: Clock, busy: Callable[[], bool]) -> None:
        self._budget = Budget(rate_per_s, max(1.0, rate_per_s * SAVED_S), now=clock.now)
        self._clock = clock
        self._busy = busy

    async def turn(self, questions: int) -> None:
        """Return when so many questions may be asked."""
        for _ in range(questions):
            while self._busy() or not self._budget.take():
                await self._clock.sleep(YIELD_S if self._busy() else self._budget.wait_s())


class Reconciler:
    """Sweeps one bot's groups: those asked for first, then each that is due.

    `worker` names this process; two that sweep the same group would ask twice, and no more than that.
    """

    def __init__(self, bot: Bot, pace: Pace, worker: str, backoff: Backoff) -> None:
        self._bot = bot
        self._plan = bot.sweeping
        self._pace = pace
        self._worker = worker
        self._backoff = backoff
        self._failures = 0
        self._told_at: dict[tuple[GroupId, SweepKind], float] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at once whether a sweep is asked for."""
        self._wake.set()

    async def run(self) -> None:
        """Sweep whatever is due, for ever; a store that does not answer is asked again later."""
        failures = 0
        while True:
            self._wake.clear()
            try:
                wait_s = await self._work()
                failures = 0
            except TransientError as error:
                failures += 1
                wait_s = self._backoff.delay_s(failures, error.retry_after_s)
            if wait_s > 0:
                await race(self._bot.clock.sleep(wait_s), self._wake.wait())

    async def sweep(self, sweep: Sweep, heard: Heard) -> Sweep:
        """Bring one sweep to its end and return it; `heard` is told of each person. Raises Unavailable."""
        while sweep.finished_at is None:
            sweep = await self._page(sweep.taken(self._worker, self._bot.clock.now()), heard)
        return sweep

    async def _work(self) -> float:
        """Do one page of what is most wanted; return how long there is nothing to do."""
        known = {sweep.key: sweep for sweep in await self._bot.store.sweeps()}
        now = self._bot.clock.now()
        wanted = [s for s in known.values() if s.kind in _REQUESTED and self._is_open(s, now)]
        if wanted:
            await self._page(min(wanted, key=lambda s: s.started_at).taken(self._worker, now))
            return 0.0
        due = sorted([(self._due_at(group, known), group) async for group in self._candidates()])
        if not due or due[0][0] > now:
            return LONGEST_NAP_S if not due else min(LONGEST_NAP_S, due[0][0] - now)
        for at, group_id in due:
            # A look at all groups is dear when there are thousands: many of them are dealt with for one look.
            if at > now or self._bot.clock.now() - now > LOOK_AGAIN_S:
                break
            await self._round(group_id, known.get((group_id, SweepKind.ROUND)))
        return 0.0

    async def _round(self, group_id: GroupId, begun: Sweep | None) -> None:
        """Begin a group's round or go on with it, for one page, unless it was let go meanwhile."""
        group = self._bot.guarded.group(group_id)
        if group is None or not group.enforced:
            return
        now = self._bot.clock.now()
        fresh = begun is None or begun.finished_at is not None
        sweep = Sweep(group_id, SweepKind.ROUND, now) if begun is None or fresh else begun
        over = await self._page(sweep.taken(self._worker, now))
        if over.finished_at is None:
            await self._bot.clock.sleep(BREATH_S)

    async def _candidates(self) -> AsyncIterator[GroupId]:
        """Yield every group that may be swept; others work while one looks at thousands."""
        for number, group in enumerate(self._bot.guarded.groups if self._plan.rounds else ()):
            if number % AT_ONE_LOOK == AT_ONE_LOOK - 1:
                await asyncio.sleep(0)
            if group.enforced:
                yield group.group_id

    def _is_open(self, sweep: Sweep, now: float) -> bool:
        """Whether a sweep is to be gone on with, and by this process."""
        group = self._bot.guarded.group(sweep.group_id)
        if sweep.finished_at is not None or group is None:
            return False
        if sweep.kind is SweepKind.RESUMED and not group.enforced:
            return False
        return sweep.worker in {"", self._worker} or now - sweep.touched_at > ABANDONED_S

    def _due_at(self, group_id: GroupId, known: Mapping[tuple[GroupId, SweepKind], Sweep]) -> float:
        """Return when a group's next round begins or goes on: in time, or once a channel is heard anew."""
        group = self._bot.guarded.group(group_id)
        last = known.get((group_id, SweepKind.ROUND))
        if group is None:
            return self._bot.clock.now() + LONGEST_NAP_S
        heard = max((c.heard_since for c in self._bot.guarded.channels_of(group)), default=0) + SETTLING_S
        if last is None:
            return max(heard, group.protected_at + SETTLING_S)
        if last.finished_at is None:
            mine = last.worker in {"", self._worker}
            return last.touched_at + (0 if mine else ABANDONED_S)
        regular = last.finished_at + self._plan.every_s
        return min(regular, heard) if heard > last.started_at else regular

    async def _page(self, sweep: Sweep, heard: Heard = lambda sweep: None) -> Sweep:
        """Look at the next page of people; a sweep without any left, or of a paused group, is over."""
        bot = self._bot
        group = bot.guarded.group(sweep.group_id)
        channels = group.rule.channels if group is not None else ()
        page = await bot.store.known(sweep.group_id, channels, sweep.cursor, PAGE) if channels else ()
        sweeping = Sweeping(bot, self._plan.ages, self._pace.turn)
        for known in page:
            group = bot.guarded.group(sweep.group_id)
            if group is None or not (group.enforced or sweep.kind is SweepKind.WARM):
                return await self._end(group, sweep)
            before, sweep = sweep, await sweeping.look_at(group, sweep, known)
            await self._tell(group, sweep)
            heard(sweep)
            await self._rest(before, sweep)
            # Whom nobody is asked about costs no await: others would wait for the whole page.
            await asyncio.sleep(0)
        if len(page) < PAGE:
            return await self._end(group, sweep)
        await bot.ledger.write(Changes(sweeps=(sweep,)))
        return sweep

    async def _rest(self, before: Sweep, after: Sweep) -> None:
        """Stand back when one question after the other fails; whoever it was is asked about next time."""
        if after.asked > before.asked:
            self._failures = self._failures + 1 if after.failed > before.failed else 0
        if self._failures >= FAILURES_IN_A_ROW:
            await self._bot.clock.sleep(self._backoff.delay_s(self._failures))

    async def _end(self, group: Group | None, sweep: Sweep) -> Sweep:
        bot = self._bot
        over = sweep.finished(bot.clock.now())
        self._told_at.pop(sweep.key, None)
        await bot.ledger.write(Changes(sweeps=(over,), owed=self._told(group, over)))
        took_s = bot.clock.now() - sweep.started_at
        bot.emit(SweepEnded(sweep.group_id, sweep.kind.value, over.asked, over.turned, over.failed, took_s))
        return over

    async def _tell(self, group: Group, sweep: Sweep) -> None:
        """Bring the message that shows the progress up to date, now and then."""
        now = self._bot.clock.now()
        if not sweep.to_be_told or now - self._told_at.get(sweep.key, 0.0) < TELL_EVERY_S:
            return
        self._told_at[sweep.key] = now
        await self._bot.ledger.write(Changes(sweeps=(sweep,), owed=self._told(group, sweep)))

    def _told(self, group: Group | None, sweep: Sweep) -> tuple[Owed, ...]:
        if group is None or sweep.told is None:
            return ()
        note = self._bot.voice.sweep_progress(group, sweep)
        return (self._bot.ledger.owe(Rewrite(sweep.chat_id, sweep.told, note)),)
