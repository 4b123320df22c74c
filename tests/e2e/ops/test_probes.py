"""What an orchestrator sees while what GMBot leans on is away: it must not restart what waits."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from tests.fixtures.mishaps import fail, mend
from tests.fixtures.stage import Stage, raised_stage

from gmbot.adapters.sql.database import T, Work
from gmbot.adapters.sql.tables import HEAD
from gmbot.adapters.sql.version import stored_version
from gmbot.bootstrap.ops_desk import OpsDesk
from gmbot.bootstrap.vitals import feel_loop
from gmbot.domain.errors import Unavailable
from gmbot.entrypoints.ops.app import create_app
from gmbot.entrypoints.ops.server import serve
from gmbot.gate.events import DependencyChanged
from gmbot.settings import Secret, Settings
from gmbot.simulator import Fault, FaultKind
from gmbot.telemetry.logs import LogOptions, Logs

TOKEN = "a-word-for-operators"
SETTINGS = Settings(bot_tokens=(Secret("123456:" + "A" * 35),), ops_token=Secret(TOKEN))
TEN_MINUTES_S, STEP_S = 600, 20


class Away:
    """A database and a Redis as the checks see them, on a stage whose store may be down."""

    dialect = "sqlite"

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.version: str | None = HEAD
        self.redis_down = False

    async def read(self, work: Work[T]) -> T:
        """Answer what checks ask."""
        if self._stage.outage.down:
            raise Unavailable("the database does not answer")
        return self.version if work is stored_version else None  # type: ignore[return-value]

    write = read

    async def close(self) -> None:
        """Nothing to close."""

    async def probe(self) -> None:
        """Be asked as Redis."""
        if self.redis_down:
            raise Unavailable("Redis does not answer")


@dataclass(kw_only=True)
class Pod:
    """GMBot on a stage with its ops port, and who probes it."""

    stage: Stage
    desk: OpsDesk
    away: Away
    web: aiohttp.ClientSession

    async def probe(self, path: str) -> int:
        """Return the status of a page."""
        async with self.web.get(path) as answer:
            return answer.status

    async def health(self) -> dict[str, dict[str, object]]:
        """Return what an operator sees of each check, by name."""
        async with self.web.get("/health", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            report = await answer.json()
        return {**report["checks"], "all": {"status": report["status"]}}

    async def status(self) -> str:
        """Return the word for all of it together."""
        return str((await self.health())["all"]["status"])

    async def begin(self, what: str) -> None:
        """Take something away."""
        match what:
            case "database":
                self.stage.outage.down = True
            case "redis":
                self.away.redis_down = True
            case "telegram":
                fail(self.stage, FaultKind.SERVER_ERROR)
            case _:
                fail(self.stage, FaultKind.HANG)

    async def end(self) -> None:
        """Give it back."""
        self.stage.outage.down = self.away.redis_down = False
        mend(self.stage)


@pytest_asyncio.fixture
async def pod() -> AsyncIterator[Pod]:
    """A guarded group, a started GMBot, and probes over HTTP; its time is the stage's."""
    async with raised_stage() as stage:
        await stage.protect()
        assert stage.work is not None
        logs = Logs(LogOptions(version="1"), io.BytesIO(), stage.clock.now)
        desk = OpsDesk(
            SETTINGS,
            [stage.work],
            clock=stage.clock,
            emit=stage.events.append,
            logs=logs,
            monotonic=stage.clock.now,
        )
        stage.listeners.append(desk.listen)
        desk.ready = True
        desk.intake.begin()
        away = Away(stage)
        beats = asyncio.create_task(
            feel_loop(stage.events.append, stage.clock, stage.clock.now, desk.heartbeat.beat)
        )
        checker = desk.watch(away, away)
        pages = desk.pages(checker, lambda accept: (b"", "text/plain"), None)
        async with (
            checker,
            await serve(create_app(pages), "127.0.0.1", 0) as server,
            aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as web,
        ):
            yield Pod(stage=stage, desk=desk, away=away, web=web)
        beats.cancel()


async def lived(pod: Pod, paths: tuple[str, ...] = ("/live", "/ready")) -> set[int]:
    """Return what the probes answered during ten minutes of a busy group."""
    answers: set[int] = set()
    for step in range(TEN_MINUTES_S // STEP_S):
        if step % 3 == 0:
            pod.stage.person(f"Sam {step}")
        # Unlike stage.advance this waits for nobody: what is under way is late, as in a real outage.
        for _ in range(STEP_S // 5):
            await pod.stage.clock.advance(5)
            await asyncio.sleep(0.001)
        answers |= {await pod.probe(path) for path in paths}
    return answers


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("database", "unhealthy"),
        ("redis", "degraded"),
        ("telegram", "degraded"),
        ("telegram, silently", "degraded"),
    ],
)
async def test_nobody_restarts_what_waits_for_another(pod: Pod, what: str, status: str) -> None:
    """Ten minutes without it: live and ready throughout, told by /health, and well again afterwards."""
    await pod.begin(what)
    assert await lived(pod) == {200}
    assert await pod.status() == status
    assert await pod.probe("/health") == (503 if status == "unhealthy" else 200)
    await pod.end()
    await pod.stage.advance(60)
    assert await pod.status() == "healthy"
    assert await pod.probe("/live") == 200


async def test_an_intake_that_stands_still_is_restarted(pod: Pod) -> None:
    """An update that never ends, with every dependency well: only a restart helps."""
    assert pod.stage.work is not None
    pod.stage.work.dispatcher.under_way.begin()
    await pod.stage.advance(110)
    assert await pod.probe("/live") == 200
    await pod.stage.advance(20)
    assert await pod.probe("/live") == 503
    assert (await pod.health())["intake"]["error"] == "stuck"


async def test_an_intake_that_asks_for_nothing_is_restarted(pod: Pod) -> None:
    """Its poller hangs, and Telegram answers whoever asks."""
    assert pod.stage.work is not None
    for task in pod.stage.work.tasks:
        if task.get_name().startswith("poller"):
            task.cancel()
    await pod.stage.clock.advance(170)
    assert await pod.probe("/live") == 200
    await pod.stage.clock.advance(20)
    assert await pod.probe("/live") == 503


async def test_an_intake_that_waits_for_updates_is_left_alone(pod: Pod) -> None:
    """A quiet night: polls come back empty."""
    for _ in range(15):
        await pod.stage.clock.advance(60)
        await asyncio.sleep(0.001)
        assert await pod.probe("/live") == 200


async def test_an_intake_that_was_told_to_wait_is_left_alone(pod: Pod) -> None:
    """Telegram does not want to be asked for a quarter of an hour; a restart would ask at once."""
    wait = Fault(kind=FaultKind.TOO_MANY_REQUESTS, method="getUpdates", retry_after_s=900)
    pod.stage.simulator.faults.add(wait)
    for _ in range(13):
        await pod.stage.clock.advance(60)
        await asyncio.sleep(0.001)
        assert await pod.probe("/live") == 200


@pytest.mark.parametrize("what", ["database", "redis", "telegram"])
async def test_an_update_that_takes_long_in_an_outage_is_not_blamed(pod: Pod, what: str) -> None:
    """Nor for a while afterwards: it needs time to come to its end."""
    assert pod.stage.work is not None
    pod.stage.work.dispatcher.under_way.begin()
    await pod.begin(what)
    assert await lived(pod, ("/live",)) == {200}
    await pod.end()
    await pod.stage.advance(60)
    assert await pod.probe("/live") == 200


async def test_a_pod_that_drains_is_live_and_not_ready(pod: Pod) -> None:
    """It gets no more requests, and the time to end what it has begun."""
    pod.desk.ready = False
    assert (await pod.probe("/ready"), await pod.probe("/live")) == (503, 200)


@pytest.mark.parametrize("version", [None, "0001"])
async def test_a_database_without_this_versions_tables_is_not_ready(pod: Pod, version: str | None) -> None:
    """Somebody took it back: what is sent here would fail."""
    pod.away.version = version
    await pod.stage.advance(15)
    assert (await pod.probe("/ready"), await pod.probe("/health")) == (503, 503)
    assert (await pod.health())["migrations"]["error"] == "behind"
    assert await pod.probe("/live") == 200


async def test_a_database_that_is_ahead_is_no_reason_to_stop(pod: Pod) -> None:
    """In a rolling update the next version's tables come before the next version."""
    pod.away.version = "9999"
    await pod.stage.advance(15)
    assert (await pod.probe("/ready"), await pod.status()) == (200, "healthy")
    assert (await pod.health())["migrations"]["details"] == {"database": "9999", "code": HEAD}


async def test_what_was_known_of_the_tables_stands_in_an_outage(pod: Pod) -> None:
    """A database that is away has not lost them."""
    await pod.begin("database")
    await pod.stage.advance(60)
    assert (await pod.health())["migrations"]["healthy"] is True


async def test_operators_see_what_each_check_saw(pod: Pod) -> None:
    """Enough to know where to look next."""
    await pod.stage.advance(10)
    seen = await pod.health()
    details = {name: set(check.get("details") or {}) for name, check in seen.items()}  # type: ignore[call-overload]
    assert details == {
        "database": {"dialect"},
        "redis": set(),
        "telegram": {"last_answer_seconds_ago", "last_poll_seconds_ago", "updates_pending"},
        "intake": {
            "mode",
            "bots",
            "bots_refused",
            "under_way",
            "oldest_seconds",
            "last_update_seconds_ago",
        },
        "send_queue": {"depth", "oldest_wait_seconds"},
        "migrations": {"database", "code"},
        "all": set(),
    }


async def test_a_loop_without_timers_is_restarted(pod: Pod) -> None:
    """It serves requests, and wakes nobody who sleeps."""
    pod.stage.clock.set(pod.stage.clock.now() + 0.1)
    assert await pod.probe("/live") == 200
    pod.desk.heartbeat._last -= 31
    assert await pod.probe("/live") == 503


def changes(pod: Pod) -> list[tuple[str, bool]]:
    """Return what was told of dependencies' changes."""
    told = [event for event in pod.stage.events if isinstance(event, DependencyChanged)]
    return [(event.dependency, event.connected) for event in told]


async def test_a_dependency_that_goes_and_comes_back_is_told_once_each_time(pod: Pod) -> None:
    """Not at every look."""
    pod.stage.events.clear()
    pod.away.redis_down = True
    await pod.stage.clock.advance(30)
    pod.away.redis_down = False
    await pod.stage.clock.advance(30)
    assert changes(pod) == [("redis", False), ("redis", True)]
