"""Asks the dependencies in the background, so that a question about health costs and hangs nothing."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Self

import msgspec

from gmbot.gate.ports import Clock

INTERVAL_S: Final = 2.0
TIME_LIMIT_S: Final = 2.0
STALE_S: Final = 15.0

NOT_CHECKED: Final = "not_checked_yet"
TIMED_OUT: Final = "timeout"
STALE: Final = "stale"


class Check(msgspec.Struct, frozen=True):
    """One dependency. `probe` returns when it answers, and raises or hangs when it does not."""

    name: str
    probe: Callable[[], Awaitable[None]]
    critical: bool = True


class Status(enum.StrEnum):
    """Degraded: something that people do not depend on is failing."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


class Finding(msgspec.Struct, frozen=True):
    """What a probe showed. `at` is when, in monotonic seconds; `error` the class of error, never its text."""

    name: str
    critical: bool
    healthy: bool
    latency_s: float
    at: float
    error: str | None = None


class CheckReport(msgspec.Struct, frozen=True):
    """One check as `/health` shows it."""

    healthy: bool
    latency_ms: float
    age_seconds: float | None = None
    critical: bool | None = None
    error: str | None = None


class HealthReport(msgspec.Struct, frozen=True):
    """The answer of `/health`."""

    status: Status
    uptime_seconds: float
    version: str
    checks: dict[str, CheckReport]


class Checker:
    """Runs every check each `INTERVAL_S`, with `TIME_LIMIT_S` for each, and remembers what they showed.

    `report` is unhealthy once the checker is dead or its findings are older than `STALE_S`. `notice`
    hears every finding and must not raise. `monotonic` returns the seconds by which latencies and ages are
    measured, so that a clock that is put right makes nothing look old.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        clock: Clock,
        *,
        version: str,
        notice: Callable[[Finding], None] = lambda finding: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = tuple(checks)
        self._clock = clock
        self._version = version
        self._notice = notice
        self._monotonic = monotonic
        self._started_at = monotonic()
        self._findings: dict[str, Finding] = {}
        self._hanging: dict[str, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run every check once, then again and again in the background."""
        await self.check_all()
        self._task = asyncio.create_task(self._run(), name="health-checker")

    async def stop(self) -> None:
        """Stop checking."""
        tasks = [task for task in (self._task, *self._hanging.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def check_all(self) -> None:
        """Run every check at once and remember what they show."""
        for finding in await asyncio.gather(*map(self._check, self._checks)):
            self._findings[finding.name] = finding
            self._notice(finding)

    def report(self) -> HealthReport:
        """Return how things stand, without asking anybody."""
        now = self._monotonic()
        reports = {check.name: self._report_on(check, now) for check in self._checks}
        if self._task is None or self._task.done():
            reports["checker"] = CheckReport(healthy=False, latency_ms=0.0, critical=True, error="stopped")
        status = _overall(reports.values())
        return HealthReport(status, round(now - self._started_at, 3), self._version, reports)

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(INTERVAL_S)
            await self.check_all()

    async def _check(self, check: Check) -> Finding:
        began = self._monotonic()
        error = await self._probe(check)
        now = self._monotonic()
        return Finding(check.name, check.critical, error is None, now - began, now, error)

    async def _probe(self, check: Check) -> str | None:
        """Return the class of error, or None. A probe that ignores its cancellation is not asked again."""
        if check.name in self._hanging:
            return TIMED_OUT
        probe = asyncio.ensure_future(check.probe())
        limit = asyncio.ensure_future(self._clock.sleep(TIME_LIMIT_S))
        try:
            await asyncio.wait({probe, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            limit.cancel()
            if not probe.done():
                self._abandon(check.name, probe)
        return _error_class(probe) if probe.done() else TIMED_OUT

    def _abandon(self, name: str, probe: asyncio.Future[None]) -> None:
        self._hanging[name] = probe
        probe.add_done_callback(lambda done: self._forget(name, done))
        probe.cancel()

    def _forget(self, name: str, probe: asyncio.Future[None]) -> None:
        self._hanging.pop(name, None)
        _error_class(probe)

    def _report_on(self, check: Check, now: float) -> CheckReport:
        finding = self._findings.get(check.name)
        if finding is None:
            return CheckReport(healthy=False, latency_ms=0.0, critical=check.critical, error=NOT_CHECKED)
        age = max(0.0, now - finding.at)
        stale = age > STALE_S
        return CheckReport(
            healthy=finding.healthy and not stale,
            latency_ms=round(finding.latency_s * 1000, 3),
            age_seconds=round(age, 3),
            critical=check.critical,
            error=STALE if stale else finding.error,
        )


def _error_class(probe: asyncio.Future[None]) -> str | None:
    """Return the name of what a finished probe raised; its text may hold secrets and is not looked at."""
    if probe.cancelled():
        return "cancelled"
    error = probe.exception()
    return None if error is None else type(error).__name__


def _overall(reports: Iterable[CheckReport]) -> Status:
    failing = [report for report in reports if not report.healthy]
    if any(report.critical or report.error in {STALE, NOT_CHECKED} for report in failing):
        return Status.UNHEALTHY
    return Status.DEGRADED if failing else Status.HEALTHY
