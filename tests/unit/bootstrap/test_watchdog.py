"""A loop that stands still is noticed from outside."""

from __future__ import annotations

import threading
import time

from gmbot.bootstrap.watchdog import Watchdog
from gmbot.gate.events import Event, LoopBlocked

QUICK_S = 0.01


class Watched:
    """What is silent for as long as the test says, and what was told of it."""

    def __init__(self) -> None:
        self.silent_s = 0.0
        self.told: list[LoopBlocked] = []
        self.looks = 0
        self.heard = threading.Event()

    def watchdog(self) -> Watchdog:
        """Return what watches it."""
        return Watchdog(self._look, self._hear, look_every_s=QUICK_S, blocked_s=5.0)

    def looked(self, times: int = 3) -> None:
        """Return once it was looked at some more times."""
        until, deadline = self.looks + times, time.monotonic() + 5
        while self.looks < until and time.monotonic() < deadline:
            time.sleep(QUICK_S)

    def _look(self) -> float:
        self.looks += 1
        return self.silent_s

    def _hear(self, event: Event) -> None:
        assert isinstance(event, LoopBlocked)
        self.told.append(event)
        self.heard.set()


def test_a_loop_that_turns_is_not_spoken_of() -> None:
    """However long it is watched."""
    loop = Watched()
    loop.silent_s = 4.9
    with loop.watchdog():
        loop.looked()
    assert loop.told == []


def test_a_loop_that_stands_still_is_told_with_the_place_where_it_does() -> None:
    """The place where the thread is that started the watch: here."""
    loop = Watched()
    with loop.watchdog():
        loop.silent_s = 6.0
        loop.heard.wait(5)
    (told,) = loop.told
    assert told.seconds == 6.0
    assert any("test_watchdog.py" in place for place in told.trace)


def test_it_is_told_once_each_time() -> None:
    """A log full of one line helps nobody."""
    loop = Watched()
    with loop.watchdog():
        for _ in range(2):
            loop.silent_s = 6.0
            loop.looked()
            loop.silent_s = 0.0
            loop.looked()
    assert len(loop.told) == 2


def test_nothing_is_left_running() -> None:
    """Its thread ends with the watch."""
    before = threading.active_count()
    with Watched().watchdog():
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
