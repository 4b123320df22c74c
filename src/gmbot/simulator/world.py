"""The whole world: what a test or a demo plays with, and what the Bot API reads and changes."""

from __future__ import annotations

from gmbot.simulator.tapping import Tapping


class World(Tapping):
    """`World(clock, *, seed=0, knobs=None)`: people, chats and bots as a pure, synchronous state machine.

    People's actions are methods that take ids and raise NotAllowed when Telegram's apps would refuse.
    Bots act through `BotApi`. Nothing here waits: time is only read, from the clock.
    """
