"""One bot put together, and everything that runs for it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gmbot.adapters.memory.alone import Alone
from gmbot.adapters.memory.recall import FactMemory
from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.polling import Poller
from gmbot.adapters.telegram.send_queue import SendLimits
from gmbot.adapters.telegram.transport import Transport
from gmbot.bootstrap.circuits import open_circuits
from gmbot.bootstrap.protection import ProtectedTransport
from gmbot.domain.errors import TransientError
from gmbot.domain.ids import BotId, bot_of
from gmbot.domain.mass_flip import FlipLimits
from gmbot.entrypoints.bot.dispatch import Dispatcher
from gmbot.entrypoints.bot.texts import EnglishVoice
from gmbot.gate.about import concerning
from gmbot.gate.bot import Bot
from gmbot.gate.brake import Brake
from gmbot.gate.changes import Changes
from gmbot.gate.events import Lifecycle, Unforeseen
from gmbot.gate.foresight import Foresight
from gmbot.gate.guarded import Guarded
from gmbot.gate.hear_news import NewsDesk
from gmbot.gate.intents import Owed
from gmbot.gate.knowledge import Knowledge
from gmbot.gate.ledger import Ledger
from gmbot.gate.news import GroupsNews
from gmbot.gate.outbox import CLASSES, Outbox
from gmbot.gate.perform import perform
from gmbot.gate.ports import Clock, Emit, Me, Memory, SharedMemory, Store
from gmbot.gate.questions import Questions
from gmbot.gate.reconcile import Pace, Reconciler
from gmbot.gate.short_path import ShortPath
from gmbot.gate.sweeps import SweepPlan
from gmbot.gate.tally import Tally
from gmbot.gate.tell_held import prompt_pace
from gmbot.gate.tracing import Trace, untraced
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.budget import SharedBudget
from gmbot.resilience.circuits import Circuits
from gmbot.resilience.keyed_lock import KeyedLock
from gmbot.resilience.perseverance import persevere
from gmbot.resilience.workers import TaskPool

CONCURRENT_ATTEMPTS = 64
CONCURRENT_ANSWERS = 64
PER_CHAT = 16
"""How many attempts of one kind, or answers, one chat may have under way: enough to keep the budget busy."""

POLL_AGAIN_S = 10.0
"""How long, at most, a poll that failed is not made again: nothing is heard of a Telegram that is back."""

DRAIN_S = 6.0
"""How long what is in hand may take to finish at a stop."""


ANEW_AFTER_S = 5.0
"""After how long what runs in the background begins anew when it failed for a reason that nobody foresaw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the outside world is made of: the real thing, or the twins in tests and the demo.

    Without `open_shared`, this process is the only one of its bots; without `circuits` its bots have some of
    their own, by this clock. `steady`: by which calls and questions go if the other clock may jump.
    `sampled` says which ordinary updates, by id, get a log line of their own; others are counted in `tally`.
    """

    clock: Clock
    random: Callable[[], float]
    transport: Callable[[str], Transport]
    open_store: Callable[[BotId, Emit], Store]
    emit: Emit
    limits: SendLimits = field(default_factory=SendLimits)
    open_shared: Callable[[BotId], SharedMemory] | None = None
    shared_budget: SharedBudget | None = None
    poll_wait_s: int = 50
    circuits: Circuits | None = None
    steady: Clock | None = None
    flips: FlipLimits = field(default_factory=FlipLimits)
    sweeps: SweepPlan = field(default_factory=SweepPlan)
    sampled: Callable[[int], bool] = lambda update_id: True
    tally: Tally = field(default_factory=Tally)
    trace: Trace = untraced


@dataclass(slots=True, kw_only=True)
class BotAtWork:
    """One bot with everything that runs for it."""

    bot: Bot
    memory: Memory
    client: BotClient
    outbox: Outbox
    dispatcher: Dispatcher
    passes: ShortPath
    background: TaskPool
    reconciler: Reconciler
    poller: Poller | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def settled(self) -> None:
        """Return when nothing is being attempted or answered."""
        await self.outbox.idle()
        await self.background.idle()
        await self.outbox.idle()

    async def stop(self, grace_s: float = DRAIN_S) -> None:
        """Take no more updates, finish what is in hand within `grace_s` seconds; the rest stays owed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + grace_s
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._take_no_more()
            self.bot.emit(Lifecycle("intake_stopped"))
            await self.background.stop(max(end - loop.time(), 0.0))
            await self.outbox.stop(max(end - loop.time(), 0.0))
            self.bot.emit(Lifecycle("drained"))
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _take_no_more(self) -> None:
        if self.poller is not None:
            await self.poller.stop()


async def assemble(token: str, parts: Parts) -> BotAtWork:
    """Return a bot that is ready to take updates and attempts what it owes.

    Waits for Telegram as long as it takes. Raises ConfigurationError if it refuses the token.
    """
    bot_id = bot_of(token)
    circuits = parts.circuits or open_circuits(parts.clock.now, parts.random, parts.emit)
    road = ProtectedTransport(parts.transport(token), circuits, bot_id)
    client = _client(road, bot_id, parts)
    with concerning(bot_id=bot_id):
        work = await _assembled(token, client, parts)
        heal = partial(road.heal, parts.clock, parts.emit)
        work.tasks.append(kept_up(heal, "healing", emit=parts.emit, clock=parts.clock))
    return work


async def _assembled(token: str, client: BotClient, parts: Parts) -> BotAtWork:
    store = parts.open_store(client.bot_id, parts.emit)
    me = await _patiently(client.me, parts)
    memory, guarded = FactMemory(), Guarded()
    shared = parts.open_shared(client.bot_id) if parts.open_shared else Alone()
    desk = NewsDesk(memory, guarded, store, shared, parts.clock)
    await desk.read()
    bot = Bot(
        me=me,
        telegram=client,
        store=store,
        guarded=guarded,
        knowledge=Knowledge(memory, shared, store, guarded),
        questions=Questions(client, parts.steady or parts.clock, parts.emit),
        ledger=Ledger(store, memory, shared, guarded, parts.clock, telegram_now=client.now),
        clock=parts.clock,
        emit=parts.emit,
        voice=EnglishVoice(),
        people=KeyedLock(),
        pace=prompt_pace((parts.steady or parts.clock).now),
        brake=Brake(parts.flips, parts.clock),
        sweeping=parts.sweeps,
        signing_key=hmac.digest(token.encode(), b"gmbot confirmation", hashlib.sha256),
        trace=parts.trace,
    )
    bot.ledger.on_doubt(lambda: desk.hear(GroupsNews()))
    work = _at_work(bot, client, memory, parts)
    work.tasks.append(kept_up(desk.run, "news", emit=parts.emit, clock=parts.clock))
    return work


def _client(road: Transport, bot_id: BotId, parts: Parts) -> BotClient:
    return BotClient(
        road,
        bot_id=bot_id,
        clock=parts.steady or parts.clock,
        emit=parts.emit,
        limits=parts.limits,
        shared=parts.shared_budget,
    )


def _at_work(bot: Bot, client: BotClient, memory: Memory, parts: Parts) -> BotAtWork:
    background = TaskPool(
        CONCURRENT_ANSWERS,
        _unforeseen("answers", parts.emit),
        per_lane=PER_CHAT,
        reserve=CONCURRENT_ANSWERS,
    )
    work = BotAtWork(
        bot=bot,
        memory=memory,
        client=client,
        outbox=_outbox(bot, parts),
        dispatcher=Dispatcher(bot, background),
        passes=ShortPath(bot, parts.tally, parts.sampled),
        background=background,
        reconciler=_reconciler(bot, client, parts),
    )
    work.tasks.append(kept_up(work.outbox.run, "outbox", emit=parts.emit, clock=parts.clock))
    if parts.sweeps.serve:
        work.tasks.append(kept_up(work.reconciler.run, "reconciler", emit=parts.emit, clock=parts.clock))
    return work


def _outbox(bot: Bot, parts: Parts) -> Outbox:
    attempts = TaskPool(
        CONCURRENT_ATTEMPTS,
        _unforeseen("outbox", parts.emit),
        per_lane=PER_CHAT,
        reserve=CONCURRENT_ATTEMPTS,
        classes=CLASSES,
    )

    async def attempt(owed: Owed) -> Changes:
        with bot.trace("attempt"):
            return await perform(bot, owed)

    return Outbox(
        bot.store,
        bot.ledger,
        attempt,
        clock=parts.clock,
        emit=parts.emit,
        pool=attempts,
        backoff=Backoff(random=parts.random),
    )


def _reconciler(bot: Bot, client: BotClient, parts: Parts) -> Reconciler:
    pace = Pace(parts.sweeps.rate_per_s, parts.clock, lambda: bool(len(bot.questions) or client.waiting))
    worker = f"{int(parts.random() * 2**48):012x}"
    reconciler = Reconciler(bot, pace, worker, Backoff(cap_s=60.0, random=parts.random))
    bot.ledger.on_sweeps(reconciler.wake)
    return reconciler


async def _patiently(ask: Callable[[], Coroutine[Any, Any, Me]], parts: Parts) -> Me:
    """Telegram may be down when GMBot starts: it is waited for, not given up."""
    backoff = Backoff(cap_s=30.0, random=parts.random)
    failures = 0
    while True:
        try:
            return await ask()
        except TransientError as error:
            failures += 1
            parts.emit(Lifecycle("waiting_for_telegram", type(error).__name__))
            await parts.clock.sleep(backoff.delay_s(failures, error.retry_after_s))


def kept_up(run: Callable[[], Awaitable[None]], name: str, *, emit: Emit, clock: Clock) -> asyncio.Task[None]:
    """Return the task of what runs until it is cancelled, whatever befalls it."""
    persevering = persevere(run, _unforeseen(name, emit), sleep=clock.sleep, pause_s=ANEW_AFTER_S)
    return asyncio.create_task(persevering, name=name)


def _unforeseen(where: str, emit: Emit) -> Callable[[BaseException], None]:
    return lambda error: emit(Unforeseen(where, type(error).__name__, error))


def start_polling(work: BotAtWork, parts: Parts) -> asyncio.Task[None]:
    """Start fetching updates, and return the task that does; it ends when stopped or the token is refused."""
    work.poller = Poller(
        work.client,
        work.dispatcher.handle,
        clock=parts.clock,
        emit=parts.emit,
        backoff=Backoff(cap_s=POLL_AGAIN_S, random=parts.random),
        passes=work.passes,
        foresee=Foresight(work.bot),
        wait_s=parts.poll_wait_s,
    )
    with concerning(bot_id=work.bot.me.bot_id):
        task = asyncio.create_task(work.poller.run(), name=f"poller-{work.bot.me.bot_id}")
    work.tasks.append(task)
    return task
