"""Time, a voice, and somebody to tell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.mass_flip import FlipCount
from gmbot.gate.events import Event
from gmbot.gate.outgoing import Note
from gmbot.gate.sweeps import Sweep

Emit = Callable[[Event], None]
"""Where frozen events go; listeners never raise."""


class Clock(Protocol):
    """Time, as Unix seconds; virtual in tests."""

    def now(self) -> float:
        """Return the current time."""
        ...

    def sleep(self, delay_s: float) -> Awaitable[None]:
        """Return after `delay_s` seconds."""
        ...


class Voice(Protocol):
    """The words for what the gate says by itself."""

    def prompt(self, group: Group, missing: Sequence[Channel], people: Sequence[Hold]) -> Note:
        """Return what tells held people what to join."""
        ...

    def join_first(self, group: Group, missing: Sequence[Channel]) -> Note:
        """Return what tells somebody who asks to be let in what to join first."""
        ...

    def paused(self, group: Group) -> Note:
        """Return what tells admins that a group is left alone, why, and how to mend it."""
        ...

    def mass_flip(self, group: Group, seen: FlipCount) -> Note:
        """Return what asks admins whether so many people really left, with buttons to resume or stop."""
        ...

    def sweep_progress(self, group: Group, sweep: Sweep) -> Note:
        """Return how far a sweep is, or what came of it."""
        ...

    def channel_unusable(self, group: Group, channel: Channel) -> Note:
        """Return what tells admins that a channel no longer counts, and how to mend it."""
        ...
