"""Looks at everything in the background, so that a question about health costs and hangs nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Self

import msgspec

from gmbot.entrypoints.ops.findings import (
    NOT_CHECKED,
    STALE,
    TIMED_OUT,
    Check,
    CheckReport,
    Details,
    Finding,
    HealthReport,
    NotWell,
    Status,
    overall,
)
from gmbot.gate.ports import Clock

__all__ = ["Check", "CheckReport", "Checker", "Finding", "HealthReport", "NotWell", "Status"]

INTERVAL_S: Final = 1.0
TIME_LIMIT_S: Final = 2.0
STALE_S: Final = 5.0
"""No answer is older: an interval, and as long as a check may take, fit in twice over."""

Outcome = tuple[str | None, Details | None]


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
        self._unwell_at = self._started_at
        self._findings: dict[str, Finding] = {}
        self._hanging: dict[str, asyncio.Future[Details | None]] = {}
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

    @property
    def dependencies_well_s(self) -> float:
        """For how many seconds every dependency has been well, as far as is known; 0 if one is not."""
        names = [check.name for check in self._checks if check.dependency]
        seen = [self._findings[name].at for name in names if name in self._findings]
        return max(0.0, min(seen, default=self._unwell_at) - self._unwell_at)

    async def check_all(self) -> None:
        """Run every check at once and remember what they show."""
        for check, finding in zip(
            self._checks, await asyncio.gather(*map(self._check, self._checks)), strict=True
        ):
            self._findings[finding.name] = finding
            if check.dependency and not finding.healthy:
                self._unwell_at = finding.at
            self._notice(finding)

    def report(self) -> HealthReport:
        """Return how things stand, without asking anybody."""
        now = self._monotonic()
        reports = {check.name: self._report_on(check, now) for check in self._checks}
        ages = [report.age_seconds for report in reports.values() if report.age_seconds is not None]
        if self._task is None or self._task.done():
            reports["checker"] = CheckReport(healthy=False, latency_ms=0.0, critical=True, error="stopped")
        status = overall(reports.values())
        uptime_s = round(now - self._started_at, 3)
        return HealthReport(status, uptime_s, self._version, reports, max(ages, default=None))

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(INTERVAL_S)
            await self.check_all()

    async def _check(self, check: Check) -> Finding:
        began = self._monotonic()
        error, details = await self._probe(check)
        now = self._monotonic()
        return Finding(check.name, check.critical, error is None, now - began, now, error, details)

    async def _probe(self, check: Check) -> Outcome:
        """Return the class of error, or None. A probe that ignores its cancellation is not asked again."""
        if check.name in self._hanging:
            return TIMED_OUT, None
        probe = asyncio.ensure_future(check.probe())
        limit = asyncio.ensure_future(self._clock.sleep(TIME_LIMIT_S))
        try:
            await asyncio.wait({probe, limit}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            limit.cancel()
            if not probe.done():
                self._abandon(check.name, probe)
        return _outcome(probe) if probe.done() else (TIMED_OUT, None)

    def _abandon(self, name: str, probe: asyncio.Future[Details | None]) -> None:
        self._hanging[name] = probe
        probe.add_done_callback(lambda done: self._forget(name, done))
        probe.cancel()

    def _forget(self, name: str, probe: asyncio.Future[Details | None]) -> None:
        self._hanging.pop(name, None)
        _outcome(probe)

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
            details=msgspec.UNSET if finding.details is None else finding.details,
        )


def _outcome(probe: asyncio.Future[Details | None]) -> Outcome:
    """Return the name of what a finished probe raised; its text may hold secrets and is not looked at."""
    if probe.cancelled():
        return "cancelled", None
    error = probe.exception()
    if error is None:
        return None, probe.result()
    return (error.why, error.details) if isinstance(error, NotWell) else (type(error).__name__, None)
