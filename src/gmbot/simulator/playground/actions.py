"""What the player's buttons do to the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from gmbot.simulator.playground.promises import Promises
from gmbot.simulator.playground.scene import Scene
from gmbot.simulator.playground.view import View
from gmbot.simulator.world import World

RAIDERS = 300
MOST_TEXT = 4096
_FIRST = (
    "Ada",
    "Bea",
    "Carl",
    "Dora",
    "Emil",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "Jan",
    "Kira",
    "Leo",
    "Mona",
    "Nils",
)
_LAST = (
    "Abel",
    "Berg",
    "Cole",
    "Dahl",
    "Ek",
    "Falk",
    "Gray",
    "Holt",
    "Ives",
    "Judd",
    "Kerr",
    "Lund",
    "Marsh",
)


class Actions:
    """A player's deeds by name. Each raises NotAllowed when Telegram's apps would refuse."""

    def __init__(self, world: World, scene: Scene, promises: Promises) -> None:
        self._world = world
        self._scene = scene
        self._promises = promises
        self._random = Random(7)
        self._deeds: Mapping[str, Callable[[View, int], object]] = {
            "join": self._join,
            "leave": lambda view, _: world.leave(view.me, view.chat),
            "ask": lambda view, _: world.request_join(view.me, view.chat),
            "approve": lambda view, person: world.approve(view.chat, person, view.me),
            "decline": lambda view, person: world.decline(view.chat, person, view.me),
            "mute": self._mute,
            "unmute": self._unmute,
            "promote": lambda view, person: world.promote(view.chat, person, view.me),
            "demote": lambda view, person: world.demote(view.chat, person, view.me),
            "start": lambda view, _: world.start_private(view.me, scene.bot),
            "block": lambda view, _: world.block(view.me, scene.bot),
        }

    def do(self, name: str, view: View, person: int = 0) -> bool:
        """Do that, to `person` if it is done to somebody; False when there is no such deed."""
        deed = self._deeds.get(name)
        if deed is None:
            return False
        deed(view, person)
        return True

    def say(self, view: View, text: str, voice: int = 0) -> None:
        """Write in the chat that is looked at, as a channel if `voice` is one."""
        text = text.strip()[:MOST_TEXT]
        if not text:
            return
        if view.chat in self._scene.channels:
            self._world.post(view.chat, text, by=view.me)
            return
        self._world.say(view.me, view.chat, text, sender_chat=voice or None)

    def start(self, view: View, payload: str) -> None:
        """Open the bot by a link."""
        self._world.start_private(view.me, self._scene.bot, payload or None)

    def tap(self, view: View, message_id: int, data: str, *, private: bool) -> str:
        """Press a button under a message; the callback query's id."""
        if private:
            return self._world.tap_whisper(view.me, view.chat, message_id, data)
        return self._world.tap(view.me, view.chat, message_id, data)

    def raid(self, view: View, crowd: int = RAIDERS) -> None:
        """Have a crowd join the group that is looked at, or the first one if that has a closed door."""
        group = view.chat if view.chat in self._scene.groups else self._scene.groups[0]
        if self._world.place(group).join_by_request:
            group = self._scene.groups[0]
        for _ in range(crowd):
            name = f"{self._random.choice(_FIRST)} {self._random.choice(_LAST)}"
            self._world.join(self._world.add_user(name), group)

    def _join(self, view: View, _: int) -> None:
        self._world.join(view.me, view.chat)
        self._promises.subscribed(view.me, view.chat)

    def _mute(self, view: View, person: int) -> None:
        self._world.mute(view.chat, person, view.me)
        self._promises.muted_by_hand(view.chat, person)

    def _unmute(self, view: View, person: int) -> None:
        self._promises.lifted_by_hand(view.chat, person)
        self._world.unmute(view.chat, person, view.me)
