"""A world that remembers what everybody was, and since when: the truth that promises are judged by."""

from __future__ import annotations

import contextvars
from bisect import bisect_right
from collections.abc import Callable

import msgspec

from gmbot.simulator import World
from gmbot.simulator.chats import Chat
from gmbot.simulator.members import LEFT, Member, Wire


class Sent(msgspec.Struct, frozen=True):
    """A call that left GMBot at `at` (Unix seconds on the world's clock)."""

    bot: int
    method: str
    arguments: dict[str, object]
    at: float


CALL: contextvars.ContextVar[Sent | None] = contextvars.ContextVar("call", default=None)
"""The call that is being carried out, in which the world changes."""


class Changed(msgspec.Struct, frozen=True):
    """Somebody's standing changed, by a call of GMBot's or (`sent` is None) by somebody's hand."""

    chat: int
    person: int
    old: Member
    new: Member
    sent: Sent | None


class Chronicle:
    """Who was what, when."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: dict[tuple[int, int], list[float]] = {}
        self._states: dict[tuple[int, int], list[Member]] = {}
        self.listeners: list[Callable[[Changed], None]] = []

    def note(self, chat: int, person: int, old: Member, new: Member) -> None:
        """Remember a change, and tell whoever listens."""
        self._times.setdefault((chat, person), []).append(self._now())
        self._states.setdefault((chat, person), [old]).append(new)
        for listener in self.listeners:
            listener(Changed(chat, person, old, new, CALL.get()))

    def since(self, chat: int, person: int, begin: float) -> list[Member]:
        """Return all that somebody was from a moment until now, in order."""
        states = self._states.get((chat, person))
        if states is None:
            return []
        return states[bisect_right(self._times[chat, person], begin) :]

    def changed_at(self, chat: int, person: int) -> float:
        """Return when somebody's standing changed last, 0 if it never did."""
        return self._times.get((chat, person), [0.0])[-1]


class Watched(dict[int, Member]):
    """A chat's members, each change of which is noted."""

    def __init__(self, chat: int, members: dict[int, Member], chronicle: Chronicle) -> None:
        super().__init__(members)
        self._chat = chat
        self._chronicle = chronicle

    def __setitem__(self, person: int, member: Member) -> None:
        """Give somebody a standing."""
        old = self.get(person, LEFT)
        super().__setitem__(person, member)
        self._chronicle.note(self._chat, person, old, member)


class WatchedWorld(World):
    """A world with a chronicle, in which updates may get lost for good."""

    chronicle: Chronicle
    loses: Callable[[int, str, Wire], bool]
    """Whether an update, of a kind and for a bot, gets lost on its way."""

    def watch(self) -> None:
        """Begin the chronicle, before anybody is there."""
        self.chronicle = Chronicle(self.now)
        self.loses = lambda bot, kind, payload: False

    def _register(self, chat: Chat) -> None:
        super()._register(chat)
        chat.members = Watched(chat.id, chat.members, self.chronicle)

    def emit(self, bot: int, kind: str, payload: Wire) -> None:
        """Put an update into a bot's mailbox, unless it gets lost."""
        if not self.loses(bot, kind, payload):
            super().emit(bot, kind, payload)
