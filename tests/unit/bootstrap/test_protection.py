"""Nothing goes round the circuits: while they are isolated, nobody out there is asked anything."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.fixtures.telegram import BOT, LeapingClock, Script, client_of, ok, until

import gmbot
from gmbot.adapters.sql.database import Database, T, Work
from gmbot.adapters.sql.gathering import Spoilt
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap.circuits import (
    ACT,
    ASK,
    READ,
    WRITE,
    get_database_circuit,
    get_telegram_circuit,
    open_circuits,
)
from gmbot.bootstrap.protection import QUESTIONS_AT_ONCE, ProtectedDatabase, ProtectedTransport
from gmbot.domain.errors import CircuitOpen, Unavailable
from gmbot.domain.ids import ChannelId, GroupId, MessageId, UserId
from gmbot.domain.standing import MUTED, Restriction
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import Changes
from gmbot.gate.events import ApiCalled, Event, Retried
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import CommandMenu, Store, Telegram
from gmbot.resilience.circuit import State

SOURCE = Path(gmbot.__file__).parent
ANN, GROUP, CHANNEL = UserId(7), GroupId(-1001), ChannelId(-1002)


class Wire:
    """A database that runs nothing: it counts what reaches it, and fails as told."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.failures = 0
        self.error = Unavailable("the database failed")

    async def read(self, work: Work[T]) -> T:
        """Be asked."""
        return await self._answer("read")

    async def write(self, work: Work[T]) -> T:
        """Be told."""
        return await self._answer("write")

    async def close(self) -> None:
        """Be closed."""
        self.reached.append("close")

    async def _answer(self, what: str) -> T:
        self.reached.append(what)
        if self.failures:
            self.failures -= 1
            raise self.error
        return None  # type: ignore[return-value]


class Plant:
    """Circuits, and what they protect."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.clock = LeapingClock()
        self.events: list[Event] = []
        self.circuits = open_circuits(self.clock.now, lambda: 0.5, self.events.append)
        self.wire = Wire()
        self.database: Database = self.protected()
        self.script = Script(*answers)
        self.transport = ProtectedTransport(self.script, self.circuits, BOT)

    def protected(self) -> ProtectedDatabase:
        return ProtectedDatabase(
            self.wire, self.circuits, clock=self.clock, random=lambda: 0.5, emit=self.events.append
        )

    def state(self, name: str) -> State:
        return self.circuits.states()[name]

    def isolate(self) -> None:
        for way in (READ, WRITE):
            self.circuits[get_database_circuit(way)].isolate()
        for way in (ASK, ACT):
            self.circuits[get_telegram_circuit(BOT, way)].isolate()


PAGE = Page(table=Aging.HOLDS, before=0.0, limit=1)

STORE_CALLS: dict[str, Callable[[SqlStore], Awaitable[object]]] = {
    "apply": lambda store: store.apply(Changes()),
    "groups": lambda store: store.groups(),
    "channels": lambda store: store.channels(),
    "memberships": lambda store: store.memberships(ANN, [CHANNEL]),
    "standing": lambda store: store.standing(GROUP, ANN),
    "hold": lambda store: store.hold(GROUP, ANN),
    "person": lambda store: store.person(GROUP, ANN, [CHANNEL]),
    "holds_in": lambda store: store.holds_in(GROUP, ANN, 1),
    "told": lambda store: store.told(GROUP),
    "untold": lambda store: store.untold(GROUP, 0.0, 1),
    "holds_of": lambda store: store.holds_of(ANN),
    "count_holds": lambda store: store.count_holds(),
    "claim": lambda store: store.claim(0.0, 1.0, 1),
    "bring_forward": lambda store: store.bring_forward(0.0, 1.0, 1.0),
    "next_due": lambda store: store.next_due(),
    "known": lambda store: store.known(GROUP, [CHANNEL], ANN, 1),
    "sweeps": lambda store: store.sweeps(),
    "audit": lambda store: store.audit(GROUP, 1),
    "prune": lambda store: store.prune(PAGE),
    "set_aside": lambda store: store.set_aside(1),
    "ping": lambda store: store.ping(),
}

TELEGRAM_CALLS: dict[str, Callable[[BotClient], Awaitable[object]]] = {
    "me": lambda bot: bot.me(),
    "member": lambda bot: bot.member(CHANNEL, ANN),
    "chat": lambda bot: bot.chat(GROUP),
    "administrators": lambda bot: bot.administrators(GROUP),
    "restrict": lambda bot: bot.restrict(GROUP, ANN, Restriction(MUTED)),
    "ban": lambda bot: bot.ban(GROUP, ANN, 0),
    "ban_sender_chat": lambda bot: bot.ban_sender_chat(GROUP, -1003),
    "delete": lambda bot: bot.delete(GROUP, [MessageId(5)]),
    "approve": lambda bot: bot.approve(GROUP, ANN),
    "send": lambda bot: bot.send(Address(GROUP), Note("hello")),
    "edit": lambda bot: bot.edit(GROUP, MessageId(5), Note("hello")),
    "answer": lambda bot: bot.answer("8", "yes"),
    "invite_link": lambda bot: bot.invite_link(CHANNEL, "gate"),
    "set_commands": lambda bot: bot.set_commands([CommandMenu("default", (("help", "help"),))]),
    "updates": lambda bot: bot.updates(0),
    "webhook": lambda bot: bot.webhook(),
    "set_webhook": lambda bot: bot.set_webhook("https://bot.example.org", "s", max_connections=1),
    "delete_webhook": lambda bot: bot.delete_webhook(),
}


def methods_of(port: type) -> set[str]:
    """Return the names of a class's own async methods."""
    named = vars(port).items()
    return {name for name, value in named if inspect.iscoroutinefunction(value) and name[0] != "_"}


def test_every_way_to_a_database_is_tried_here() -> None:
    """A new method of the store belongs into the list."""
    assert STORE_CALLS.keys() >= methods_of(Store) | methods_of(SqlStore)


def test_every_way_to_telegram_is_tried_here() -> None:
    """A new method of the client belongs into the list."""
    assert TELEGRAM_CALLS.keys() >= methods_of(Telegram)
    assert TELEGRAM_CALLS.keys() >= methods_of(BotClient)


@pytest.mark.parametrize("name", STORE_CALLS)
async def test_no_query_goes_round_the_circuits(name: str) -> None:
    """While they are isolated, nothing reaches the database."""
    plant = Plant()
    plant.isolate()
    store = SqlStore(plant.database, BOT, plant.events.append)
    with pytest.raises(CircuitOpen):
        await STORE_CALLS[name](store)
    assert plant.wire.reached == []


@pytest.mark.parametrize("name", TELEGRAM_CALLS)
async def test_no_call_goes_round_the_circuits(name: str) -> None:
    """While they are isolated, nothing reaches Telegram, and none is told as having been made."""
    plant = Plant(ok())
    plant.isolate()
    with pytest.raises(CircuitOpen):
        await TELEGRAM_CALLS[name](client_of(plant.transport, plant.events, clock=plant.clock))
    assert plant.script.methods == []
    assert not [event for event in plant.events if isinstance(event, ApiCalled | Retried)]


def callers_of(*names: str) -> set[str]:
    """Return the files of GMBot that call something of these names."""
    texts = {path: path.read_text() for path in SOURCE.rglob("*.py")}
    return {
        str(path.relative_to(SOURCE))
        for path, text in texts.items()
        if any(f"{name}(" in text for name in names)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
    }


def test_whoever_opens_a_database_for_work_protects_it() -> None:
    """But for the demo's switch, which opens it for the product, and a list that an operator looks at."""
    opened = {name for name in callers_of("open_database") if not name.startswith("adapters/sql/")}
    assert opened - {"demo/outage.py", "set_aside.py"} == callers_of("ProtectedDatabase")


def test_whoever_speaks_for_a_bot_is_protected() -> None:
    """The doctor alone asks without: it is to find out, and asks once."""
    assert callers_of("BotClient") - {"doctor.py"} == callers_of("ProtectedTransport")


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
