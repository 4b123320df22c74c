"""An operator's switch over HTTP: a circuit is isolated, and closed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import pytest
import pytest_asyncio

from gmbot.bootstrap.circuits import get_database_circuit, get_telegram_circuit, open_circuits, switch
from gmbot.domain.ids import BotId
from gmbot.entrypoints.ops.app import OpsSources, create_app
from gmbot.entrypoints.ops.health import HealthReport, Status
from gmbot.entrypoints.ops.server import serve
from gmbot.resilience.circuit import State
from gmbot.resilience.circuits import Circuits

TOKEN = "a-word-for-operators"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def circuits() -> Circuits:
    """The circuits of a database and of two bots."""
    opened = open_circuits(lambda: 0.0, lambda: 0.5, lambda event: None)
    for name in (get_database_circuit(), *(get_telegram_circuit(BotId(number)) for number in (1, 2))):
        assert opened[name].state is State.CLOSED
    return opened


@pytest_asyncio.fixture
async def web(circuits: Circuits) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with the ops pages."""
    sources = OpsSources(
        lambda: True,
        lambda: HealthReport(Status.HEALTHY, 0.0, "1", {}),
        lambda accept: (b"", "text/plain"),
        token=TOKEN,
        circuit=partial(switch, circuits),
    )
    async with (
        await serve(create_app(sources), "127.0.0.1", 0) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session,
    ):
        yield session


@pytest.mark.parametrize("body", ["isolated", '{"state": "isolated"}'])
async def test_an_operator_isolates_every_bots_circuit_of_a_kind(
    web: aiohttp.ClientSession, circuits: Circuits, body: str
) -> None:
    """And no other; the answer says how it stands, and so does a look."""
    async with web.put("/circuits/telegram_act", data=body, headers=OPERATOR) as answer:
        assert (answer.status, await answer.json()) == (200, {"state": "isolated"})
    async with web.get("/circuits/telegram_act", headers=OPERATOR) as answer:
        assert await answer.json() == {"state": "isolated"}
    assert {circuit.state for circuit in circuits.of_kind("telegram_act")} == {State.ISOLATED}
    assert circuits.worst("database_write") is State.CLOSED


async def test_an_operator_closes_a_circuit(web: aiohttp.ClientSession, circuits: Circuits) -> None:
    """Whether it was isolated or open."""
    circuits[get_database_circuit()].trip()
    async with web.put("/circuits/database_write", data="closed", headers=OPERATOR) as answer:
        assert (answer.status, await answer.json()) == (200, {"state": "closed"})
    assert circuits.worst("database_write") is State.CLOSED


@pytest.mark.parametrize("body", ["", "open", "half_open", "{}", "[]", "\x00"])
async def test_nobody_opens_a_circuit_by_hand(
    web: aiohttp.ClientSession, circuits: Circuits, body: str
) -> None:
    """There are two things to say."""
    async with web.put("/circuits/database_write", data=body, headers=OPERATOR) as answer:
        assert answer.status == 400
    assert circuits.worst("database_write") is State.CLOSED


async def test_a_circuit_that_there_is_not_is_not_found(web: aiohttp.ClientSession) -> None:
    """Its name may be wrong."""
    async with web.get("/circuits/printer", headers=OPERATOR) as answer:
        assert answer.status == 404


async def test_strangers_switch_nothing(web: aiohttp.ClientSession, circuits: Circuits) -> None:
    """Nor look."""
    async with web.put("/circuits/database_write", data="isolated") as answer:
        assert answer.status == 401
    async with web.get("/circuits/database_write") as answer:
        assert answer.status == 401
    assert circuits.worst("database_write") is State.CLOSED
