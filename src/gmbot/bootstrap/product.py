"""The whole service, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, BinaryIO, Self

from gmbot import __version__
from gmbot.adapters.sql.database import Database, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.telegram.http import HttpPool
from gmbot.adapters.telegram.webhook import WebhookApp, WebhookBot, register
from gmbot.bootstrap.ages import pruner, tell_sizes
from gmbot.bootstrap.awaited import AwaitedDatabase
from gmbot.bootstrap.bot_at_work import DRAIN_S, BotAtWork, Parts, assemble, kept_up, start_polling
from gmbot.bootstrap.circuits import get_redis_circuit, open_circuits, tell_states
from gmbot.bootstrap.commit import commit_of
from gmbot.bootstrap.limits import flip_limits, send_limits, sweep_plan
from gmbot.bootstrap.observers import Observers
from gmbot.bootstrap.ops_desk import OpsDesk
from gmbot.bootstrap.protection import ProtectedDatabase
from gmbot.bootstrap.sharing import measured, open_hub, shared_budget
from gmbot.bootstrap.vitals import Backlog, WatchedDatabase, feel_loop, tell_dropped, tell_use
from gmbot.bootstrap.watchdog import Watchdog
from gmbot.domain.errors import ConfigurationError, RefusedError, TransientError, Unavailable
from gmbot.domain.ids import UserId
from gmbot.entrypoints.bot.menus import COMMAND_MENUS
from gmbot.entrypoints.ops.app import ShowBeliefs, create_app
from gmbot.entrypoints.ops.server import Server, serve
from gmbot.gate.events import Event, GroupsCounted, Lifecycle, RedisConfigured, Unforeseen
from gmbot.gate.pause_group import recheck_groups
from gmbot.gate.show_beliefs import Beliefs, show_beliefs
from gmbot.gate.watch_channels import recheck_channels
from gmbot.resilience.backoff import Backoff
from gmbot.resilience.clock import SteadyClock, SystemClock
from gmbot.resilience.racing import race
from gmbot.settings import CircuitMode, Environment, Mode, Settings
from gmbot.telemetry.logs import LogOptions, Logs
from gmbot.telemetry.prometheus import Build, Metrics
from gmbot.telemetry.sampling import Sampling
from gmbot.telemetry.stories import listener

if TYPE_CHECKING:
    from gmbot.adapters.redis.hub import Hub

COUNT_EVERY_S = 5.0
RECHECK_EVERY_S = 600.0
FIRST_LOOK_S = 1.0
"""How long pages wait at a start for the database; without it they say that it is not there."""

PATIENCE_CAP_S = 5.0
"""How long, at most, GMBot waits before it looks again for a database that was down when it started."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo changes.

    Its pages tell what is believed of people, for loopback only; its database can be switched off; and it
    waits no longer than `drain_s` seconds for each kind of work, since nothing in it outlives it.
    """

    open_database: Callable[[str], Awaitable[Database]] = open_database
    drain_s: float = 0.2


class Product:
    """The whole service: its bots, its pages, its watch over dependencies.

    Use as a context manager: entering returns once updates are taken, leaving drains and closes.
    """

    def __init__(
        self, settings: Settings, *, stream: BinaryIO | None = None, demo: Demo | None = None
    ) -> None:
        self.settings = settings
        self._demo = demo
        self._random = Random()
        self._clock = SystemClock()
        self.metrics = Metrics(
            started_at=time.time(), build=Build(__version__, commit_of(Path(__file__).parents[3]))
        )
        self._logs = _logs(settings, stream)
        self._sampling = Sampling(settings.log_sample)
        self._write = listener(self._logs, self.sampled)
        self._exits = contextlib.AsyncExitStack()
        self._observers = Observers(settings, random=self._random.random, emit=self.emit)
        self.circuits = open_circuits(
            time.monotonic,
            self._random.random,
            self.emit,
            metrics_only=settings.circuits is CircuitMode.METRICS,
        )
        self._database: ProtectedDatabase | None = None
        self._hub: Hub | None = None
        self.bots: list[BotAtWork] = []
        self.desk = OpsDesk(settings, self.bots, clock=self._clock, emit=self.emit, logs=self._logs)
        self.ops: Server | None = None
        self.webhook: Server | None = None
        self._refused: list[BaseException] = []
        self._over = asyncio.Event()

    def emit(self, event: Event) -> None:
        """Hand an event to everybody who listens."""
        self.desk.listen(event)
        self.metrics.listen(event)
        self._write(event)
        self._observers.listen(event)

    @property
    def ready(self) -> bool:
        """Whether updates are taken."""
        return self.desk.ready

    def sampled(self, update_id: int) -> bool:
        """Whether an ordinary update gets a log line of its own: each does while everything is told."""
        return self._logs.level <= logging.DEBUG or self._sampling(update_id)

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException as error:
            self._observers.report(error, "start")
            if isinstance(error, ConfigurationError):
                self.emit(Lifecycle("misconfigured", str(error)))
            await self._exits.aclose()
            raise
        return self

    async def until(self, told: asyncio.Event) -> None:
        """Return when told to stop. Raises what ended the last bot, if none can work any more."""
        await race(told.wait(), self._over.wait())
        if self._refused and self._over.is_set():
            raise self._refused[-1]

    async def __aexit__(self, *_: object) -> None:
        self.desk.ready = False
        self.emit(Lifecycle("draining"))
        await self._exits.aclose()

    async def _start(self) -> None:
        self._look_on()
        awaited = AwaitedDatabase(self.settings.database_url.reveal(), self._open_database)
        self._exits.push_async_callback(awaited.close)
        await awaited.open(FIRST_LOOK_S)
        database = WatchedDatabase(awaited)
        await self._link_redis()
        self._background(lambda: feel_loop(self.emit, self._clock, beat=self.desk.heartbeat.beat), "loop-lag")
        self._exits.enter_context(Watchdog(lambda: self.desk.heartbeat.silent_s, self.emit))
        await self._serve_ops(database)
        await awaited.wait(self._clock, self.emit, Backoff(cap_s=PATIENCE_CAP_S, random=self._random.random))
        if (wired := self._database) is not None:
            self._background(lambda: wired.heal(self._clock), "healing")
        parts = self._parts(database)
        self._exits.push_async_callback(self._stop_bots)
        for token in self.settings.bot_tokens:
            self.bots.append(await assemble(token.reveal(), parts))
        await self._take_updates(parts)
        self._keep_up(database)
        await self.desk.open()
        self.emit(Lifecycle("ready"))
        self._observers.ready()

    def _look_on(self) -> None:
        """Let everybody hear what happens from now on."""
        self._exits.enter_context(self._logs)
        self._exits.callback(lambda: self.emit(Lifecycle("stopped")))
        self.emit(Lifecycle("starting", self.settings.mode.value))
        self._observers.open()
        self._exits.push_async_callback(self._observers.close)
        self._background(lambda: tell_states(self.circuits, self.emit, self._clock), "circuits")

    async def _link_redis(self) -> None:
        self.emit(RedisConfigured(self.settings.redis_url is not None))
        link = self.circuits[get_redis_circuit()]
        self._hub = open_hub(self.settings, self._clock, self.emit, self._random.random, link)
        if self._hub is not None:
            self._exits.push_async_callback(self._hub.stop)
            await self._hub.start()

    def _keep_up(self, database: WatchedDatabase) -> None:
        """Do in the background what a running service owes: house-keeping, menus, figures."""
        self._background(self._keep_house, "housekeeping")
        self._background(self._announce, "commands")
        self._background(lambda: tell_sizes(database, self.emit, self._clock), "database-sizes")
        for work in self.bots:
            self._background(pruner(work, self.settings).run, "ages")
        self._background(lambda: tell_use(database, self.emit, self._clock), "database-use")
        dropped = partial(tell_dropped, lambda: self._logs.dropped, self.emit, self._clock)
        self._background(dropped, "log-lines")
        backlog = Backlog([work.client for work in self.bots], self.emit, self._clock)
        self._background(backlog.run, "backlog")
        self.desk.telegram.reported = lambda: backlog.seen

    async def _open_database(self, url: str) -> Database:
        if self._demo is not None:
            return self._protected(await self._demo.open_database(url))
        return self._protected(await open_database(url, may_be_down=True))

    def _protected(self, database: Database) -> Database:
        self._database = ProtectedDatabase(
            database, self.circuits, clock=self._clock, random=self._random.random, emit=self.emit
        )
        return self._database

    async def _look_at_database(self) -> None:
        """Return if the database answers, and can be written to as far as is known."""
        if self._database is None:
            raise Unavailable("the database has not answered yet")
        await self._database.probe()

    async def _stop_bots(self) -> None:
        grace_s = DRAIN_S if self._demo is None else self._demo.drain_s
        await asyncio.gather(*(work.stop(grace_s) for work in self.bots))

    def _parts(self, database: Database) -> Parts:
        pool = HttpPool(self.settings.telegram_api_url)
        self._exits.push_async_callback(pool.close)
        limits = send_limits(self.settings)
        return Parts(
            clock=self._clock,
            steady=SteadyClock(self._clock),
            random=self._random.random,
            transport=pool.bot,
            open_store=lambda bot_id, emit: SqlStore(database, bot_id, emit),
            emit=self.emit,
            limits=limits,
            flips=flip_limits(self.settings),
            sweeps=sweep_plan(self.settings),
            open_shared=self._hub.memory if self._hub is not None else None,
            shared_budget=shared_budget(self._hub, limits),
            circuits=self.circuits,
            sampled=self.sampled,
            tally=self.metrics.tally,
            trace=self._observers.trace,
        )

    async def _serve_ops(self, database: Database) -> None:
        checker = self.desk.watch(database, self._hub, look=self._look_at_database, circuits=self.circuits)
        await self._exits.enter_async_context(checker)
        beliefs = None if self._demo is None else self._beliefs(database)
        pages = self.desk.pages(checker, self.metrics.render, beliefs)
        self.ops = await serve(create_app(pages), self.settings.ops_host, self.settings.ops_port)
        self._exits.push_async_callback(self.ops.stop)

    def _beliefs(self, database: Database) -> ShowBeliefs:
        if self.settings.ops_host != "127.0.0.1":
            raise ConfigurationError("OPS_HOST must be 127.0.0.1 in a demo, whose pages tell who reads what")

        async def beliefs(people: Sequence[UserId]) -> Beliefs:
            if not self.bots:
                return Beliefs()
            bot = self.bots[0].bot
            # Looking must not move the metrics that are looked at.
            return await show_beliefs(bot, SqlStore(database, bot.me.bot_id, lambda event: None), people)

        return beliefs

    async def _take_updates(self, parts: Parts) -> None:
        if self.settings.mode is Mode.WEBHOOK:
            await self._serve_webhook()
            self.desk.intake.begin()
            return
        for work in self.bots:
            start_polling(work, parts).add_done_callback(self._polling_ended)
        self.desk.intake.begin()

    async def _serve_webhook(self) -> None:
        secret = self.settings.webhook_secret
        assert secret is not None and self.settings.webhook_url is not None  # noqa: S101, PT018
        word = secret.reveal()
        ways_in = {int(w.bot.me.bot_id): WebhookBot(word, w.dispatcher.handle, w.passes) for w in self.bots}
        host = "0.0.0.0"  # noqa: S104 - Telegram comes from outside
        self.webhook = await serve(WebhookApp(ways_in), host, self.settings.port, variable="PORT")
        self._exits.push_async_callback(self.webhook.stop)
        for work in self.bots:
            url = f"{self.settings.webhook_url}/webhook/{work.bot.me.bot_id}"
            await register(work.client, url, word)

    def _polling_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        self.emit(Unforeseen("polling", type(error).__name__, error))
        self._refused.append(error)
        self.desk.intake.refused = len(self._refused)
        if len(self._refused) == len(self.bots):
            self._over.set()

    def _background(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        task = kept_up(work, name, emit=self.emit, clock=self._clock)
        self._exits.push_async_callback(cancelled, task)

    async def _keep_house(self) -> None:
        """Count what is guarded, and look whether what was lost has come back."""
        since_recheck_s = RECHECK_EVERY_S
        while True:
            with contextlib.suppress(TransientError):
                await self._count()
                if since_recheck_s >= RECHECK_EVERY_S:
                    since_recheck_s = 0.0
                    for work in self.bots:
                        await recheck_channels(work.bot)
                        await recheck_groups(work.bot)
            await self._clock.sleep(COUNT_EVERY_S)
            since_recheck_s += COUNT_EVERY_S

    async def _count(self) -> None:
        self.emit(measured(work.memory for work in self.bots))
        groups = sum(len(work.bot.guarded.groups) for work in self.bots)
        holds = [await work.bot.store.count_holds() for work in self.bots]
        paused = sum(group.paused is not None for work in self.bots for group in work.bot.guarded.groups)
        self.emit(GroupsCounted(groups, sum(holds), paused))

    async def _announce(self) -> None:
        """Command menus are a courtesy: if they cannot be set now, they are at the next start."""
        for work in self.bots:
            with contextlib.suppress(TransientError, RefusedError):
                await work.client.set_commands(COMMAND_MENUS)


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _logs(settings: Settings, stream: BinaryIO | None) -> Logs:
    production = settings.environment is Environment.PRODUCTION
    options = LogOptions(
        version=__version__,
        level=settings.log_level.value,
        as_json=production,
        colours=not production and sys.stderr is not None and sys.stderr.isatty(),
        secrets=tuple(secret.reveal() for secret in settings.secrets),
    )
    # Whoever starts a process may have closed its stderr: Python has none then.
    stderr = sys.stderr.buffer if sys.stderr is not None else None
    return Logs(options, stream or stderr, time.time)
