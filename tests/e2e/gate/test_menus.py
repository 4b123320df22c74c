"""The command menus that Telegram shows, set when GMBot starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from tests.e2e.gate.dialogue import until
from tests.fixtures.stage import TOKEN

from gmbot.bootstrap import Product
from gmbot.settings import Settings
from gmbot.simulator import Fault, FaultKind, Simulator, WallClock, World


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Yield a Telegram with a bot, in real time."""
    world = World(WallClock())
    world.add_bot(TOKEN, "gm_bot")
    simulator = Simulator(world)
    await simulator.start()
    yield simulator
    await simulator.stop()


def product(simulator: Simulator, folder: Path) -> Product:
    """Return the whole product, to be run against the simulator."""
    settings = Settings.load(
        {
            "BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": simulator.url,
            "DATABASE_URL": f"sqlite:///{folder / 'gmbot.db'}",
            "OPS_PORT": "0",
        }
    )
    return Product(settings, stream=BytesIO())


def menus(simulator: Simulator) -> dict[str, list[object]]:
    """Return the commands that were set for each scope."""
    found: dict[str, list[object]] = {}
    for call in simulator.calls.of("setMyCommands"):
        scope, commands = call.arguments["scope"], call.arguments["commands"]
        assert isinstance(scope, dict)
        assert isinstance(commands, list)
        found[str(scope["type"])] = [command["command"] for command in commands]
    return found


async def test_each_kind_of_chat_has_its_menu(simulator: Simulator, tmp_path: Path) -> None:
    """Members see what they may use, admins see everything, private chats where to begin."""
    async with product(simulator, tmp_path):
        await until(lambda: len(simulator.calls.of("setMyCommands")) == 3)
    assert menus(simulator) == {
        "all_private_chats": ["start", "help"],
        "all_group_chats": ["status", "help"],
        "all_chat_administrators": ["protect", "unprotect", "settings", "sweep", "status", "help"],
    }


async def test_every_menu_is_accepted(simulator: Simulator, tmp_path: Path) -> None:
    """Names and descriptions are within Telegram's limits."""
    async with product(simulator, tmp_path):
        await until(lambda: len(simulator.calls.of("setMyCommands")) == 3)
    assert {call.status for call in simulator.calls.of("setMyCommands")} == {200}


async def test_menus_that_cannot_be_set_stop_nothing(simulator: Simulator, tmp_path: Path) -> None:
    """They are a courtesy."""
    simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="setMyCommands"))
    async with product(simulator, tmp_path) as running:
        await until(lambda: len(simulator.calls.of("setMyCommands")) == 1)
        assert running.ready
