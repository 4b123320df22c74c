"""A Telegram in a box: a world of people, chats and bots, and the Bot API in front of it.

It imports nothing of the rest of GMBot, so that any bot can be tried against it. `World` is the pure
state, `BotApi` the methods, `Mailbox` a bot's queue of updates.
"""

from __future__ import annotations

from gmbot.simulator.api import BotApi
from gmbot.simulator.box import Network, Simulator
from gmbot.simulator.calls import Call, CallLog
from gmbot.simulator.clock import Clock, VirtualClock, WallClock
from gmbot.simulator.errors import ApiError, NotAllowed, SimulatorError
from gmbot.simulator.faults import Fault, FaultKind, Faults
from gmbot.simulator.inprocess import InProcess
from gmbot.simulator.knobs import Knobs
from gmbot.simulator.limits import TELEGRAM_LIMITS, Limits, Window
from gmbot.simulator.world import World

__all__ = [
    "TELEGRAM_LIMITS",
    "ApiError",
    "BotApi",
    "Call",
    "CallLog",
    "Clock",
    "Fault",
    "FaultKind",
    "Faults",
    "InProcess",
    "Knobs",
    "Limits",
    "Network",
    "NotAllowed",
    "Simulator",
    "SimulatorError",
    "VirtualClock",
    "WallClock",
    "Window",
    "World",
]
