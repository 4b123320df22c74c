"""What one browser tab looks at: all of it is in the address, so the server remembers nobody."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from gmbot.simulator.playground.scene import Scene

PANES = ("chats", "talk", "faults", "calls", "beliefs")
"""What a narrow screen shows one at a time."""


class View(msgspec.Struct, frozen=True):
    """Who is played (`me`), where (`chat`; the bot's id is the private chat), the tour's step, the pane."""

    me: int
    chat: int
    tour: int = 0
    pane: str = "talk"

    def url(self, **changes: object) -> str:
        """The address of this view with something else in it."""
        return "/?" + urlencode({**msgspec.structs.asdict(self), **changes})


def read_view(scene: Scene, given: Mapping[str, str]) -> View:
    """The view that an address asks for; what makes no sense is as for a newcomer."""
    chats = (*scene.groups, *scene.channels, scene.bot)
    me, chat = _number(given, "me"), _number(given, "chat")
    pane = given.get("pane", "")
    return View(
        me if scene.role(me) else scene.owner,
        chat if chat in chats else scene.groups[0],
        _number(given, "tour") if "tour" in given else 1,
        pane if pane in PANES else "talk",
    )


def _number(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "")
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 20 else 0
