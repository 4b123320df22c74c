"""Notices from outside that the event loop stands still, and says where: the loop itself cannot."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from typing import Final, Self

from gmbot.gate.events import LoopBlocked
from gmbot.gate.ports import Emit
from gmbot.telemetry.logs import places

LOOK_EVERY_S: Final = 1.0
BLOCKED_S: Final = 5.0


class Watchdog:
    """A thread that tells, once each time, that the loop of the thread which started it has stood still.

    `silent_s` returns for how many seconds it has not. Use as a context manager.
    """

    def __init__(
        self,
        silent_s: Callable[[], float],
        emit: Emit,
        *,
        look_every_s: float = LOOK_EVERY_S,
        blocked_s: float = BLOCKED_S,
    ) -> None:
        self._silent_s = silent_s
        self._emit = emit
        self._look_every_s = look_every_s
        self._blocked_s = blocked_s
        self._ended = threading.Event()
        self._watched = 0
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._watched = threading.get_ident()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        told = False
        while not self._ended.wait(self._look_every_s):
            silent_s = self._silent_s()
            blocked = silent_s > self._blocked_s
            if blocked and not told:
                self._emit(LoopBlocked(silent_s, self._where()))
            told = blocked

    def _where(self) -> tuple[str, ...]:
        """Return where the watched thread is, the innermost place last: places in the code, no values."""
        frame = sys._current_frames().get(self._watched)
        return tuple(places(traceback.extract_stack(frame))) if frame is not None else ()
