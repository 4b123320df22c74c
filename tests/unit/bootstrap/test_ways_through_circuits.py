"""Nothing goes round the circuits: while they are isolated, nobody out there is asked anything."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.fixtures.telegram import BOT, client_of, ok
from tests.unit.bootstrap.plant import ANN, CHANNEL, GROUP, Plant

import gmbot
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.telegram.client import BotClient
from gmbot.domain.errors import CircuitOpen
from gmbot.domain.ids import MessageId
from gmbot.domain.standing import MUTED, Restriction
from gmbot.gate.ages import Aging, Page
from gmbot.gate.changes import Changes
from gmbot.gate.events import ApiCalled, Retried
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import CommandMenu, Store, Telegram

SOURCE = Path(gmbot.__file__).parent


PAGE = Page(table=Aging.HOLDS, before=0.0, limit=1)

STORE_CALLS: dict[str, Callable[[SqlStore], Awaitable[object]]] = {
    "apply": lambda store: store.apply(Changes()),
    "groups": lambda store: store.groups(),
    "channels": lambda store: store.channels(),
    "revision": lambda store: store.revision(),
    "memberships": lambda store: store.memberships([(ANN, CHANNEL)]),
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
