"""What checks find out, and the report that is made of it."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import msgspec

NOT_CHECKED: Final = "not_checked_yet"
TIMED_OUT: Final = "timeout"
STALE: Final = "stale"

Details = Mapping[str, object]
Probe = Callable[[], Awaitable[Details | None]]


class Check(msgspec.Struct, frozen=True):
    """One thing to look at. `probe` returns what there is to tell when it is well; else it raises or hangs.

    People depend on what is `critical`. A `dependency` is somebody else's: GMBot waits until it is well.
    """

    name: str
    probe: Probe
    critical: bool = True
    dependency: bool = True


class NotWell(Exception):
    """Something does not work as it should: `why` in snake_case, and what there is to tell."""

    def __init__(self, why: str, details: Details | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.details = details


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
    details: Details | None = None


class CheckReport(msgspec.Struct, frozen=True):
    """One check as `/health` shows it; `details` are for operators only."""

    healthy: bool
    latency_ms: float
    age_seconds: float | None = None
    critical: bool | None = None
    error: str | None = None
    details: Details | msgspec.UnsetType = msgspec.UNSET


class HealthReport(msgspec.Struct, frozen=True):
    """The answer of `/health`; `age_seconds` is the age of its oldest finding."""

    status: Status
    uptime_seconds: float
    version: str
    checks: dict[str, CheckReport]
    age_seconds: float | None = None

    def without_details(self) -> HealthReport:
        """Return what anybody may see."""
        checks = {
            name: msgspec.structs.replace(check, details=msgspec.UNSET) for name, check in self.checks.items()
        }
        return msgspec.structs.replace(self, checks=checks)


def overall(reports: Iterable[CheckReport]) -> Status:
    """Return how it stands with all of it together."""
    failing = [report for report in reports if not report.healthy]
    if any(report.critical or report.error in {STALE, NOT_CHECKED} for report in failing):
        return Status.UNHEALTHY
    return Status.DEGRADED if failing else Status.HEALTHY
