"""What /health says, and that asking costs and hangs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gmbot.entrypoints.ops.health import (
    INTERVAL_S,
    STALE_S,
    TIME_LIMIT_S,
    Check,
    Checker,
    Finding,
    HealthReport,
    Status,
)
from gmbot.simulator import VirtualClock

START = 1000.0


class Dependency:
    """Answers, fails or hangs as told."""

    def __init__(self) -> None:
        self.failing: Exception | None = None
        self.hanging = False
        self.stubborn = False
        self.asked = 0

    async def __call__(self) -> None:
        """Answer as told."""
        self.asked += 1
        if self.failing is not None:
            raise self.failing
        while self.hanging:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                if not self.stubborn:
                    raise
                self.stubborn = False


@pytest.fixture
def time() -> VirtualClock:
    """Time at our command."""
    return VirtualClock(START)


@pytest.fixture
def database() -> Dependency:
    """Something critical."""
    return Dependency()


@pytest.fixture
def redis() -> Dependency:
    """Something that nobody depends on."""
    return Dependency()


@pytest.fixture
async def checker(time: VirtualClock, database: Dependency, redis: Dependency) -> AsyncIterator[Checker]:
    """A running checker of both."""
    checks = [Check("database", database), Check("redis", redis, critical=False)]
    async with Checker(checks, time, version="1.2.3", monotonic=time.now) as checker:
        yield checker


def test_before_the_first_check_nothing_is_healthy(time: VirtualClock, database: Dependency) -> None:
    """Not knowing is not health."""
    report = Checker([Check("database", database)], time, version="1", monotonic=time.now).report()
    assert report.status is Status.UNHEALTHY
    assert report.checks["database"].error == "not_checked_yet"


async def test_all_answering_is_healthy(checker: Checker, time: VirtualClock) -> None:
    """Everything answers: healthy, with latency and age."""
    await time.advance(0.5)
    report = checker.report()
    assert (report.status, report.version, report.uptime_seconds) == (Status.HEALTHY, "1.2.3", 0.5)
    assert report.age_seconds == 0.5
    database = report.checks["database"]
    assert (database.healthy, database.latency_ms, database.age_seconds, database.error) == (
        True,
        0.0,
        0.5,
        None,
    )


async def test_a_critical_failure_is_unhealthy(
    checker: Checker, time: VirtualClock, database: Dependency
) -> None:
    """Without the database GMBot cannot do its work."""
    database.failing = ConnectionRefusedError("postgresql://u:canary@h")
    await time.advance(INTERVAL_S)
    report = checker.report()
    assert report.status is Status.UNHEALTHY
    assert report.checks["database"].error == "ConnectionRefusedError"
    assert report.checks["redis"].healthy


async def test_another_failure_is_degraded(checker: Checker, time: VirtualClock, redis: Dependency) -> None:
    """Without Redis people notice nothing."""
    redis.failing = TimeoutError()
    await time.advance(INTERVAL_S)
    assert checker.report().status is Status.DEGRADED


async def test_it_recovers_by_itself(checker: Checker, time: VirtualClock, database: Dependency) -> None:
    """A dependency that is back shows within one interval."""
    database.failing = OSError()
    await time.advance(INTERVAL_S)
    database.failing = None
    await time.advance(INTERVAL_S)
    assert checker.report().status is Status.HEALTHY


async def test_a_hanging_probe_times_out(checker: Checker, time: VirtualClock, database: Dependency) -> None:
    """No answer within the limit is a failure, and the others are not held up."""
    database.hanging = True
    await time.advance(INTERVAL_S)
    await time.advance(TIME_LIMIT_S)
    report = checker.report()
    assert report.checks["database"].error == "timeout"
    assert report.checks["database"].latency_ms == TIME_LIMIT_S * 1000
    assert report.checks["redis"].healthy


async def test_a_probe_that_cannot_be_cancelled_is_not_piled_up(
    checker: Checker, time: VirtualClock, database: Dependency
) -> None:
    """While one hangs for good, no second one is started."""
    database.hanging = database.stubborn = True
    asked = database.asked
    for _ in range(5):
        await time.advance(INTERVAL_S)
        await time.advance(TIME_LIMIT_S)
    assert database.asked == asked + 1
    assert checker.report().checks["database"].error == "timeout"


async def test_a_probe_that_cancels_itself_is_a_failure(time: VirtualClock) -> None:
    """Cancellation from inside a driver does not end the checker."""

    async def cancelled() -> None:
        raise asyncio.CancelledError

    async with Checker([Check("database", cancelled)], time, version="1", monotonic=time.now) as checker:
        assert checker.report().checks["database"].error == "cancelled"


async def test_old_findings_are_not_believed(checker: Checker, time: VirtualClock, redis: Dependency) -> None:
    """A result older than the limit is unhealthy, however good it was and whatever it is about."""
    time.set(START + STALE_S + 1)
    report = checker.report()
    assert report.status is Status.UNHEALTHY
    assert report.checks["redis"].error == "stale"


async def test_a_dead_checker_is_unhealthy(time: VirtualClock, database: Dependency) -> None:
    """A checker that broke says so at once instead of repeating old news."""
    broken = False

    def notice(_: Finding) -> None:
        if broken:
            raise RuntimeError("a listener broke its word")

    checker = Checker([Check("database", database)], time, version="1", notice=notice, monotonic=time.now)
    async with checker:
        broken = True
        await time.advance(INTERVAL_S)
        report = checker.report()
    assert report.status is Status.UNHEALTHY
    assert report.checks["checker"].error == "stopped"
    assert report.checks["database"].healthy


async def test_a_stopped_checker_is_unhealthy(checker: Checker) -> None:
    """The same after a proper stop."""
    await checker.stop()
    assert checker.report().status is Status.UNHEALTHY


async def test_findings_are_noticed(time: VirtualClock, database: Dependency) -> None:
    """Whoever keeps gauges hears each finding."""
    heard: list[Finding] = []
    checker = Checker(
        [Check("database", database)], time, version="1", notice=heard.append, monotonic=time.now
    )
    async with checker:
        await time.advance(INTERVAL_S)
    assert [(finding.name, finding.healthy) for finding in heard] == [("database", True)] * 2


async def test_stopping_leaves_nothing_behind(time: VirtualClock, database: Dependency) -> None:
    """Not even a probe that is under way."""
    checker = Checker([Check("database", database)], time, version="1", monotonic=time.now)
    before = asyncio.all_tasks()
    await checker.start()
    database.hanging = True
    await time.advance(INTERVAL_S)
    await checker.stop()
    assert asyncio.all_tasks() == before


async def test_reports_ask_nobody(checker: Checker, database: Dependency) -> None:
    """A thousand questions about health are no question to the database."""
    asked = database.asked
    reports: list[Callable[[], HealthReport]] = [checker.report] * 1000
    assert {report().status for report in reports} == {Status.HEALTHY}
    assert database.asked == asked


def test_a_probe_may_be_any_awaitable() -> None:
    """A check is a name, a probe and whether people depend on it."""
    probe: Callable[[], Awaitable[None]] = Dependency()
    assert Check("x", probe).critical
