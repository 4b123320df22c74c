"""What can be broken by hand, and mended again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from gmbot.simulator.api import NAMED
from gmbot.simulator.faults import Fault, FaultKind, Faults

RETRY_AFTER_S = 3
_ANSWERED = tuple(name for name, _ in NAMED if name != "getUpdates")


class Lever(msgspec.Struct, frozen=True):
    """Something outside of Telegram that the bot's keeper lets the player break.

    `throw(True)` breaks it. Without `throw` there is nothing to break, and `note` says why.
    """

    key: str
    label: str
    note: str
    throw: Callable[[bool], None] | None = None


class Switch(msgspec.Struct, frozen=True):
    """A fault with the words for it."""

    key: str
    label: str
    note: str
    on: bool
    available: bool = True


class Switchboard:
    """The faults that are on, and the levers that are thrown."""

    def __init__(self, faults: Faults, levers: Iterable[Lever]) -> None:
        self._faults = faults
        self._levers = {lever.key: lever for lever in levers}
        self._active: dict[str, list[int]] = {}

    def list(self) -> tuple[Switch, ...]:
        """Every switch as it stands."""
        own = tuple(Switch(key, *words, key in self._active) for key, words in _WORDS.items())
        theirs = tuple(
            Switch(lever.key, lever.label, lever.note, lever.key in self._active, lever.throw is not None)
            for lever in self._levers.values()
        )
        return (*own, *theirs)

    @property
    def broken(self) -> bool:
        """Whether anything is broken now."""
        return bool(self._active)

    def flip(self, key: str) -> None:
        """Break what is whole, mend what is broken; an unknown key is ignored."""
        if key in self._active:
            self._mend(key)
        elif key in _WORDS:
            self._active[key] = [self._faults.add(fault) for fault in _faults(key)]
        elif (lever := self._levers.get(key)) and lever.throw:
            lever.throw(True)
            self._active[key] = []

    def mend_all(self) -> None:
        """Mend whatever is broken."""
        for key in list(self._active):
            self._mend(key)

    def _mend(self, key: str) -> None:
        for number in self._active.pop(key):
            self._faults.remove(number)
        lever = self._levers.get(key)
        if lever and lever.throw:
            lever.throw(False)


_WORDS = {
    "429": ("Telegram answers 429", f"Every call is told to wait {RETRY_AFTER_S} seconds."),
    "5xx": ("Telegram answers 5xx", "Every call fails with 502 Bad Gateway."),
    "member": ("getChatMember down", "Telegram cannot say who is subscribed."),
    "drop": ("Drop updates", "News of who joins and leaves (chat_member) is lost."),
}


def _faults(key: str) -> list[Fault]:
    """Updates can still be fetched, or there would be nothing to see."""
    match key:
        case "429":
            kind = FaultKind.TOO_MANY_REQUESTS
            return [Fault(kind=kind, method=name, retry_after_s=RETRY_AFTER_S) for name in _ANSWERED]
        case "5xx":
            return [Fault(kind=FaultKind.SERVER_ERROR, method=name, code=502) for name in _ANSWERED]
        case "member":
            return [Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember", code=503)]
        case _:
            return [Fault(kind=FaultKind.DROP_UPDATE, update="chat_member")]
