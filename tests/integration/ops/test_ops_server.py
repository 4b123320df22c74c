"""The ops pages as a scraper and a load balancer see them: over HTTP, from a real server."""

from __future__ import annotations

import asyncio
import itertools
import signal
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from gmbot.domain.errors import ConfigurationError
from gmbot.entrypoints.ops.app import OpsSources, create_app
from gmbot.entrypoints.ops.health import CheckReport, HealthReport, Status
from gmbot.entrypoints.ops.server import Server, serve
from gmbot.telemetry.prometheus import Build, Metrics

TOKEN = "a-word-for-operators"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
STRANGERS: list[dict[str, str]] = [
    {},
    {"Authorization": TOKEN},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer ü"},
]
PATHS = ("/live", "/ready", "/health", "/metrics")


class World:
    """What the pages are told."""

    def __init__(self) -> None:
        self.ready = True
        self.status = Status.HEALTHY
        self.metrics = Metrics(started_at=0.0, build=Build("1.2.3"))
        self.wedged: str | None = None
        self.token: str | None = TOKEN
        self.level = "INFO"

    @property
    def sources(self) -> OpsSources:
        """The callables that the application asks."""
        return OpsSources(
            lambda: self.ready,
            self._health,
            self.metrics.render,
            wedged=lambda: self.wedged,
            token=self.token,
            level=self._set_level,
        )

    def _set_level(self, name: str | None) -> str:
        if name is not None and name not in {"INFO", "DEBUG"}:
            raise ValueError(name)
        self.level = name or self.level
        return self.level

    def _health(self) -> HealthReport:
        check = CheckReport(
            healthy=self.status is Status.HEALTHY,
            latency_ms=1.25,
            age_seconds=0.5,
            critical=True,
            details={"dialect": "sqlite"},
        )
        return HealthReport(self.status, 12.5, "1.2.3", {"database": check}, 0.5)


@pytest.fixture
def world() -> World:
    """A healthy, ready process."""
    return World()


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    """Its ops pages, on a free port."""
    async with await serve(create_app(world.sources), "127.0.0.1", 0) as server:
        yield server


@pytest.fixture
async def web(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that starts at the server."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        yield session


async def test_live_is_always_true(web: aiohttp.ClientSession, world: World) -> None:
    """An orchestrator must not restart a process because a dependency is down."""
    world.status, world.ready = Status.UNHEALTHY, False
    async with web.get("/live") as answer:
        assert (answer.status, await answer.json()) == (200, {"live": True})


@pytest.mark.parametrize("what", ["loop", "intake"])
async def test_live_is_false_of_what_only_a_restart_mends(
    web: aiohttp.ClientSession, world: World, what: str
) -> None:
    """And says what stands still."""
    world.wedged = what
    async with web.get("/live") as answer:
        assert (answer.status, await answer.json()) == (503, {"live": False, "wedged": what})


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_ready_follows_the_process(
    web: aiohttp.ClientSession, world: World, is_ready: bool, status: int
) -> None:
    """A load balancer sends nothing to a process that is starting or draining."""
    world.ready = is_ready
    async with web.get("/ready") as answer:
        assert (answer.status, await answer.json()) == (status, {"ready": is_ready})


@pytest.mark.parametrize(
    ("status", "code"), [(Status.HEALTHY, 200), (Status.DEGRADED, 200), (Status.UNHEALTHY, 503)]
)
async def test_health_shows_status_and_checks(
    web: aiohttp.ClientSession, world: World, status: Status, code: int
) -> None:
    """Degraded still serves; unhealthy does not."""
    world.status = status
    async with web.get("/health") as answer:
        assert answer.status == code
        assert await answer.json() == {
            "status": status.value,
            "uptime_seconds": 12.5,
            "version": "1.2.3",
            "age_seconds": 0.5,
            "checks": {
                "database": {
                    "healthy": status is Status.HEALTHY,
                    "latency_ms": 1.25,
                    "age_seconds": 0.5,
                    "critical": True,
                    "error": None,
                }
            },
        }


async def test_details_are_for_operators(web: aiohttp.ClientSession) -> None:
    """Who shows the token sees more."""
    async with web.get("/health", headers=OPERATOR) as answer:
        assert (await answer.json())["checks"]["database"]["details"] == {"dialect": "sqlite"}


@pytest.mark.parametrize("headers", STRANGERS)
async def test_strangers_see_no_details(web: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    """Whatever else they show, they get the same answer as everybody."""
    async with web.get("/health", headers=headers) as answer:
        assert answer.status == 200
        assert "details" not in await answer.text()


@pytest.mark.parametrize("body", ["DEBUG", " DEBUG\n", '{"level": "DEBUG"}'])
async def test_an_operator_may_change_the_log_level(
    web: aiohttp.ClientSession, world: World, body: str
) -> None:
    """By text or by JSON; the answer says what holds now, and so does a look."""
    async with web.put("/log-level", data=body, headers=OPERATOR) as answer:
        assert (answer.status, await answer.json()) == (200, {"level": "DEBUG"})
    async with web.get("/log-level", headers=OPERATOR) as answer:
        assert await answer.json() == {"level": "DEBUG"}
    assert world.level == "DEBUG"


@pytest.mark.parametrize("body", ["", "LOUD", '{"level": 1}', "{}", "[]", "\x00", "D" * 1_000_000])
async def test_what_is_no_level_changes_nothing(web: aiohttp.ClientSession, world: World, body: str) -> None:
    """And is told so."""
    async with web.put("/log-level", data=body, headers=OPERATOR) as answer:
        assert answer.status == 400
    assert world.level == "INFO"


@pytest.mark.parametrize("headers", STRANGERS)
async def test_strangers_may_not_change_the_log_level(
    web: aiohttp.ClientSession, world: World, headers: dict[str, str]
) -> None:
    """Nor look at it."""
    async with web.put("/log-level", data="DEBUG", headers=headers) as answer:
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    async with web.get("/log-level", headers=headers) as answer:
        assert answer.status == 401
    assert world.level == "INFO"


async def test_without_a_token_nobody_is_an_operator(world: World) -> None:
    """An empty word is no proof."""
    world.token = None
    async with (
        await serve(create_app(world.sources), "127.0.0.1", 0) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as web,
    ):
        for headers in (*STRANGERS, OPERATOR, {"Authorization": "Bearer None"}):
            async with web.put("/log-level", data="DEBUG", headers=headers) as answer:
                assert answer.status == 403
            async with web.get("/health", headers=headers) as answer:
                assert "details" not in await answer.text()
    assert world.level == "INFO"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("*/*", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text")],
)
async def test_metrics_come_as_the_scraper_likes(
    web: aiohttp.ClientSession, accept: str, content_type: str
) -> None:
    """Text, or OpenMetrics when asked for."""
    async with web.get("/metrics", headers={"Accept": accept}) as answer:
        assert answer.status == 200
        assert answer.content_type == content_type
        assert "bot_build_info" in await answer.text()


async def test_other_methods_are_refused(web: aiohttp.ClientSession) -> None:
    """Nothing but the log level can be changed here."""
    for path, method in itertools.product(PATHS, ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]):
        async with web.request(method, path) as answer:
            assert answer.status == 405, (path, method)


async def test_head_is_get_without_a_body(web: aiohttp.ClientSession) -> None:
    """Uptime monitors like to ask so."""
    for path in PATHS:
        async with web.head(path) as answer:
            assert (answer.status, await answer.read()) == (200, b""), path


async def test_other_paths_are_not_found(web: aiohttp.ClientSession) -> None:
    """Nor is there anything else."""
    for path in ("/", "/nothing", "/health/", "/live/../metrics%00", "/metrics/x", "/docs"):
        async with web.get(path, allow_redirects=False) as answer:
            assert answer.status == 404, path


async def test_no_banner_tells_what_serves(web: aiohttp.ClientSession) -> None:
    """Strangers learn nothing about versions."""
    async with web.get("/live") as answer:
        assert "server" not in answer.headers


async def test_a_port_in_use_is_told_in_one_sentence(server: Server, world: World) -> None:
    """The sentence names the setting to change."""
    sentence = (
        rf"^OPS_PORT is {server.port}, but another program listens there already; for example OPS_PORT="
    )
    with pytest.raises(ConfigurationError, match=sentence):
        await serve(create_app(world.sources), "127.0.0.1", server.port)


async def test_the_webhooks_port_is_named_by_its_own_setting(server: Server, world: World) -> None:
    """The same server carries the webhook."""
    with pytest.raises(ConfigurationError, match=rf"^PORT is {server.port}"):
        await serve(create_app(world.sources), "127.0.0.1", server.port, variable="PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_a_foreign_address_is_told_in_one_sentence(world: World, host: str) -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(ConfigurationError, match=rf"but {host} is not an address of this machine"):
        await serve(create_app(world.sources), host, 0)


async def test_stopping_gives_the_port_back(world: World) -> None:
    """The next process can start at once."""
    first = await serve(create_app(world.sources), "127.0.0.1", 0)
    await first.stop()
    second = await serve(create_app(world.sources), "127.0.0.1", first.port)
    await second.stop()
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", first.port)) != 0


async def test_requests_under_way_are_answered_before_the_end() -> None:
    """Stopping waits for those who were let in."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def app(scope: object, receive: object, send: object) -> None:
        entered.set()
        await leave.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    server = await serve(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        question = asyncio.create_task(session.get(f"http://127.0.0.1:{server.port}/"))
        await entered.wait()
        stopping = asyncio.create_task(server.stop())
        leave.set()
        assert (await question).status == 204
    await stopping


async def test_signals_stay_with_the_process(world: World) -> None:
    """The server leaves SIGTERM and SIGINT to whoever runs the process."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with await serve(create_app(world.sources), "127.0.0.1", 0):
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
