"""A page on which anybody can play Telegram with the bot that is connected to a simulator.

It drives the world and listens to it; of the bot it knows only what the bot itself tells (`Witness`).
"""

from __future__ import annotations

from gmbot.simulator.playground.page import Playground
from gmbot.simulator.playground.scene import Role, Scene, furnish
from gmbot.simulator.playground.switches import Lever

__all__ = ["Lever", "Playground", "Role", "Scene", "furnish"]
