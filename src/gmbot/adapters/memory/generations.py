"""A bounded map that forgets, roughly, what was not used for longest."""

from __future__ import annotations

import sys


class Generations:
    """At most `capacity` numbers, each greater than 0, under numbers.

    Two dictionaries take turns: what is used moves to the young one, and when that holds half of
    `capacity` it becomes the old one and the old one's entries go. A hit costs one lookup, where an
    exact order of use would cost a write.
    """

    __slots__ = ("_half", "_old", "evicted", "young")

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self.young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self.evicted = 0

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    @property
    def table_bytes(self) -> int:
        """What the dictionaries themselves weigh."""
        return sys.getsizeof(self.young) + sys.getsizeof(self._old)

    def get(self, key: int) -> int | None:
        """Return what is kept under `key`, which counts as use."""
        value = self.young.get(key)
        if value is None and self._old and (value := self._old.get(key)) is not None:
            self._put(key, value)
        return value

    def raise_to(self, key: int, value: int) -> None:
        """Keep the greater of `value` and what is kept, and make room for it."""
        kept = self.get(key)
        if kept is None or value > kept:
            self._put(key, value)

    def drop(self, key: int) -> None:
        """Forget one entry, if it is there."""
        self.young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget every entry; that is no eviction."""
        self.young = {}
        self._old = {}

    def _put(self, key: int, value: int) -> None:
        self._old.pop(key, None)
        self.young[key] = value
        if len(self.young) > self._half:
            self.evicted += len(self._old)
            self._old, self.young = self.young, {}
