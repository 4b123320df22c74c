"""What is between GMBot and what it depends on: failures open circuits, questions are repeated, both heal."""

from __future__ import annotations

import asyncio

import pytest
from tests.fixtures.telegram import BOT, client_of, ok, until
from tests.unit.bootstrap.plant import CHANNEL, Plant

from gmbot.adapters.sql.gathering import Spoilt
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap.circuits import ACT, ASK, READ, WRITE, get_database_circuit, get_telegram_circuit
from gmbot.bootstrap.protection import QUESTIONS_AT_ONCE
from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.domain.ids import UserId
from gmbot.gate.events import ApiCalled, Retried
from gmbot.resilience.circuit import State


async def test_a_failing_database_opens_its_own_circuit_only() -> None:
    """Reads fail; writes go on."""
    plant = Plant()
    plant.wire.failures = 10
    for _ in range(10):
        with pytest.raises(Unavailable):
            await plant.database.read(lambda db: None)
    assert plant.state("database_read") is State.OPEN
    await plant.database.write(lambda db: None)
    assert plant.state("database_write") is State.CLOSED


async def test_a_read_is_repeated_once_in_a_while() -> None:
    """Whoever asks does not notice that a connection was lost."""
    plant = Plant()
    plant.wire.failures = 1
    await plant.database.read(lambda db: None)
    assert plant.wire.reached == ["read", "read"]
    assert plant.events == [Retried("database_read")]


async def test_what_a_database_would_not_take_is_not_held_against_it() -> None:
    """One update that cannot be stored stops no other."""
    plant = Plant()
    plant.wire.error = Spoilt("the database failed: IntegrityError")
    plant.wire.failures = 100
    for ask in (plant.database.read, plant.database.write):
        for _ in range(20):
            with pytest.raises(Spoilt):
                await ask(lambda db: None)
    assert set(plant.circuits.states().values()) == {State.CLOSED}


async def test_questions_are_repeated_for_a_fifth_of_them() -> None:
    """A hundred people who ask a Telegram that answers nobody are not a hundred and twenty-one calls."""
    plant = Plant()
    client = client_of(plant.transport, plant.events, clock=plant.clock)
    for number in range(100):
        with pytest.raises(Unavailable):
            await client.member(CHANNEL, UserId(number))
    assert len(plant.script.calls) <= 120


async def test_a_write_is_never_repeated() -> None:
    """It may have happened."""
    plant = Plant()
    plant.wire.failures = 1
    with pytest.raises(Unavailable):
        await plant.database.write(lambda db: None)
    assert plant.wire.reached == ["write"]


async def test_reads_are_repeated_for_a_fifth_of_the_calls() -> None:
    """An outage is not doubled, before the circuit opens and after."""
    plant = Plant()
    plant.wire.failures = 1_000
    for _ in range(100):
        with pytest.raises(Unavailable):
            await plant.database.read(lambda db: None)
    assert len(plant.wire.reached) <= 12


async def test_closing_a_database_is_no_call() -> None:
    """It can be closed while it is left alone."""
    plant = Plant()
    plant.isolate()
    await plant.database.close()
    assert plant.wire.reached == ["close"]
    assert plant.database.dialect == "sqlite"


async def test_a_database_is_looked_at_while_its_circuit_is_open() -> None:
    """So health can tell that it is back, and the circuit closes by that."""
    plant = Plant()
    database = plant.protected()
    plant.circuits[get_database_circuit(READ)].trip()
    for _ in range(3):
        await database.probe()
    assert plant.state("database_read") is State.CLOSED


async def test_a_database_heals_alone() -> None:
    """Reads and writes each by what they need."""
    plant = Plant()
    for way in (READ, WRITE):
        plant.circuits[get_database_circuit(way)].trip()
    healing = asyncio.create_task(plant.protected().heal(plant.clock))
    await until(lambda: {plant.state("database_read"), plant.state("database_write")} == {State.CLOSED})
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    assert sorted(plant.wire.reached) == ["read"] * 3 + ["write"] * 3


async def test_questions_and_effects_have_circuits_of_their_own() -> None:
    """When nobody can be asked about, whoever qualifies is still freed."""
    plant = Plant(*(Reply(502, b"<html>") for _ in range(10)), ok())
    for _ in range(10):
        await plant.transport.post("getChatMember", b"{}", 10.0)
    assert plant.state("telegram_ask") is State.OPEN
    assert (await plant.transport.post("restrictChatMember", b"{}", 10.0)).status == 200
    with pytest.raises(CircuitOpen):
        await plant.transport.post("getUpdates", b'{"timeout":50}', 60.0)


@pytest.mark.parametrize("status", [400, 403, 409, 429])
async def test_a_refusal_is_an_answer(status: int) -> None:
    """However many there are."""
    plant = Plant(*(Reply(status, b"{}") for _ in range(20)))
    for _ in range(20):
        await plant.transport.post("sendMessage", b"{}", 10.0)
    assert plant.state("telegram_act") is State.CLOSED


async def test_no_answer_is_a_failure() -> None:
    """A time-out, or a lost connection."""
    plant = Plant()
    for _ in range(10):
        with pytest.raises(Unavailable):
            await plant.transport.post("sendMessage", b"{}", 10.0)
    with pytest.raises(CircuitOpen):
        await plant.transport.post("sendMessage", b"{}", 10.0)
    assert len(plant.script.calls) == 10


async def test_a_long_poll_is_not_slow() -> None:
    """Twenty of them that nobody answers for a minute open nothing."""
    plant = Plant()
    polls = [
        asyncio.create_task(plant.transport.post("getUpdates", b'{"timeout":50}', 60.0)) for _ in range(20)
    ]
    await until(lambda: len(plant.script.calls) == 20)
    plant.clock.time += 59.0
    plant.circuits.look()
    for poll in polls:
        poll.cancel()
    await asyncio.gather(*polls, return_exceptions=True)
    assert plant.state("telegram_ask") is State.CLOSED


async def test_telegram_heals_alone() -> None:
    """By asking who the bot is, which is told as the call that it is."""
    plant = Plant(Unavailable("no"), Reply(502, b""), *(ok() for _ in range(10)))
    for way in (ASK, ACT):
        plant.circuits[get_telegram_circuit(BOT, way)].trip()
    healing = asyncio.create_task(plant.transport.heal(plant.clock, plant.events.append))
    await until(lambda: {plant.state("telegram_ask"), plant.state("telegram_act")} == {State.CLOSED})
    healing.cancel()
    await asyncio.gather(healing, return_exceptions=True)
    assert set(plant.script.methods) == {"getMe"}
    codes = [event.code for event in plant.events if isinstance(event, ApiCalled)]
    assert codes == [0, 502, 200, 200, 200, 200, 200, 200]


async def test_a_flood_of_questions_leaves_connections_to_effects() -> None:
    """Whoever asks more waits in here."""
    plant = Plant()
    asked = [
        asyncio.create_task(plant.transport.post("getChatMember", b'{"timeout":1}', 10.0))
        for _ in range(QUESTIONS_AT_ONCE + 20)
    ]
    await until(lambda: len(plant.script.calls) == QUESTIONS_AT_ONCE)
    plant.script.answers.append(ok())
    assert (await plant.transport.post("restrictChatMember", b"{}", 10.0)).status == 200
    assert len(plant.script.calls) == QUESTIONS_AT_ONCE + 1
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
