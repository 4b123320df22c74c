"""What the ops pages tell, gathered where everything is seen."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from gmbot import __version__
from gmbot.adapters.sql.database import Database
from gmbot.adapters.sql.store import SqlStore
from gmbot.bootstrap.bot_at_work import BotAtWork
from gmbot.bootstrap.checks import CircuitWatch, Intake, Migrations, Sending
from gmbot.bootstrap.circuits import switch
from gmbot.bootstrap.telegram_watch import TelegramWatch
from gmbot.domain.ids import BotId
from gmbot.entrypoints.ops.app import OpsSources, Render, ShowBeliefs
from gmbot.entrypoints.ops.findings import Check, Details, Finding
from gmbot.entrypoints.ops.health import Checker
from gmbot.entrypoints.ops.liveness import Heartbeat, Liveness
from gmbot.gate.events import DependencyChanged, Event, Lifecycle
from gmbot.gate.ports import Clock, Emit
from gmbot.resilience.circuits import Circuits
from gmbot.settings import LogLevel, Settings
from gmbot.telemetry.logs import Logs
from gmbot.telemetry.redaction import Redactor


class Probed(Protocol):
    """What can be asked whether it is well, such as the link with Redis."""

    async def probe(self) -> None:
        """Return if it is; raise otherwise."""
        ...


class OpsDesk:
    """Looks at everything, and knows what an orchestrator may be told of it.

    `bots` may grow; `ready` says whether GMBot has started and is not draining.
    """

    def __init__(
        self,
        settings: Settings,
        bots: Sequence[BotAtWork],
        *,
        clock: Clock,
        emit: Emit,
        logs: Logs,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        redactor = Redactor(secret.reveal() for secret in settings.secrets)
        self.telegram = TelegramWatch(redact=redactor.text, monotonic=monotonic)
        self.intake = Intake(settings.mode.value, bots, monotonic=monotonic)
        self.heartbeat = Heartbeat(monotonic)
        self._monotonic = monotonic
        self.ready = False
        self._circuits: Circuits | None = None
        self._sending = Sending(bots)
        self._token = settings.ops_token
        self._clock = clock
        self._emit = emit
        self._logs = logs
        self._well: dict[str, bool] = {}
        self._checker: Checker | None = None
        self._migrations: Migrations | None = None

    def listen(self, event: Event) -> None:
        """Follow what happens."""
        self.telegram.listen(event)
        self.intake.listen(event)

    def watch(
        self,
        database: Database,
        hub: Probed | None,
        *,
        look: Callable[[], Awaitable[None]] | None = None,
        circuits: Circuits | None = None,
    ) -> Checker:
        """Return what looks at everything in the background, once it is started.

        `look` asks the database by a way that is open even while its circuit is.
        """
        self._circuits = circuits
        ping = look or SqlStore(database, BotId(0), lambda event: None).ping
        circuit_watch = CircuitWatch(circuits)

        async def database_answers() -> Details:
            await ping()
            circuit_watch.writable()
            return {"dialect": database.dialect}

        self._migrations = Migrations(database, self._monotonic)
        checks = [
            Check("database", database_answers),
            Check("telegram", self.telegram.probe, critical=False),
            Check("intake", self.intake.probe, dependency=False),
            Check("send_queue", self._sending.probe, critical=False, dependency=False),
            Check("migrations", self._migrations.probe, dependency=False),
        ]
        if circuits is not None:
            checks.append(Check("circuits", circuit_watch.probe, critical=False, dependency=False))
        if hub is not None:
            checks.insert(1, Check("redis", hub.probe, critical=False))
        names = {check.name for check in checks if check.dependency}
        self._checker = Checker(
            checks,
            self._clock,
            version=__version__,
            notice=self._notice_of(names),
            monotonic=self._monotonic,
        )
        checker = self._checker
        self.intake.well_s = lambda: checker.dependencies_well_s
        return checker

    async def open(self) -> None:
        """Be ready, now that updates are taken; what was found while they were not is looked at again."""
        if self._checker is not None:
            await self._checker.check_all()
        self.ready = True

    def pages(self, checker: Checker, metrics: Render, beliefs: ShowBeliefs | None) -> OpsSources:
        """Return what the pages ask."""
        liveness = Liveness(self.heartbeat, lambda: self.intake.wedged)
        return OpsSources(
            ready=lambda: self.ready and self._tables_are_there(),
            health=checker.report,
            metrics=metrics,
            beliefs=beliefs,
            wedged=lambda: liveness.wedged,
            token=None if self._token is None else self._token.reveal(),
            level=self._level,
            circuit=None if self._circuits is None else partial(switch, self._circuits),
        )

    def set_level(self, level: LogLevel | None = None) -> LogLevel:
        """Log what is at least so important, or (None) all, and next time what is configured; return it."""
        if level is None:
            self._logs.toggle()
        else:
            self._logs.level = logging.getLevelNamesMapping()[level]
        self._emit(Lifecycle("log_level", self.level))
        return self.level

    def _tables_are_there(self) -> bool:
        return self._migrations is not None and self._migrations.current

    @property
    def level(self) -> LogLevel:
        """The least important line that is written now."""
        return LogLevel(logging.getLevelName(self._logs.level))

    def _level(self, name: str | None) -> str:
        return (self.level if name is None else self.set_level(LogLevel(name.upper()))).value

    def _notice_of(self, dependencies: set[str]) -> Callable[[Finding], None]:
        doubted: set[str] = set()

        def notice(finding: Finding) -> None:
            name, well = finding.name, finding.healthy
            if name not in dependencies or self._well.get(name) is well:
                return
            if not well and name not in self._well and name not in doubted:
                # What is only being opened at a start has not stopped answering.
                doubted.add(name)
                return
            self._well[name] = well
            self._emit(DependencyChanged(name, well))

        return notice
