"""When so many members seem to have left at once that it is more likely a mistake than the truth."""

from __future__ import annotations

from array import array
from collections import OrderedDict

import msgspec

from gmbot.domain.ids import UserId

MOST_COUNTED = 10_000
"""People of one group beyond this are forgotten, oldest first: a window is bounded."""

NOTED = 128
"""So many who passed are noted at most, as bare numbers, before each is sorted in among the others."""


class FlipLimits(msgspec.Struct, frozen=True):
    """How many make a mass flip: `least` or more, and more than `share` of those checked in `window_s`."""

    share: float = 0.3
    least: int = 10
    window_s: float = 60.0


class FlipCount(msgspec.Struct, frozen=True):
    """Of `checked` people who were known as subscribed, `flipped` are so no longer."""

    flipped: int
    checked: int


def is_mass_flip(count: FlipCount, limits: FlipLimits) -> bool:
    """Whether so many people turned OUT that nobody should be held for it before an admin has looked."""
    return count.flipped >= limits.least and count.flipped > limits.share * count.checked


class FlipWindow:
    """Who of one group was checked lately, each person once; times are seconds on any one clock.

    Only people who were subscribed belong here: strangers, however many, neither flip nor dilute.
    """

    def __init__(self, limits: FlipLimits) -> None:
        self._limits = limits
        self._checked: OrderedDict[UserId, float] = OrderedDict()
        self._flipped: OrderedDict[UserId, float] = OrderedDict()
        self._noted = array("q")
        self._noted_at = array("d")

    def passed(self, user_id: UserId, now: float) -> None:
        """Count somebody who is subscribed."""
        # Told of with every message: a note is a tenth of the memory of an entry, and of its time.
        self._noted.append(user_id)
        self._noted_at.append(now)
        if len(self._noted) >= NOTED or self._noted_at[0] <= now - self._limits.window_s:
            self._sort_in()
            _expire(self._checked, now - self._limits.window_s)

    def flipped(self, user_id: UserId, now: float) -> FlipCount:
        """Count somebody who was subscribed and is no longer; return what the window has now."""
        self._sort_in()
        _put(self._checked, user_id, now)
        _put(self._flipped, user_id, now)
        return self.count(now)

    def count(self, now: float) -> FlipCount:
        """Return how many people the window has at `now`."""
        self._sort_in()
        for people in (self._checked, self._flipped):
            _expire(people, now - self._limits.window_s)
        return FlipCount(len(self._flipped), max(len(self._checked), len(self._flipped)))

    def _sort_in(self) -> None:
        for number, at in zip(self._noted, self._noted_at, strict=True):
            self._flipped.pop(UserId(number), None)
            _put(self._checked, UserId(number), at)
        del self._noted[:], self._noted_at[:]


def _put(people: OrderedDict[UserId, float], user_id: UserId, now: float) -> None:
    people[user_id] = now
    people.move_to_end(user_id)
    if len(people) > MOST_COUNTED:
        people.popitem(last=False)


def _expire(people: OrderedDict[UserId, float], before: float) -> None:
    while people and next(iter(people.values())) <= before:
        people.popitem(last=False)
