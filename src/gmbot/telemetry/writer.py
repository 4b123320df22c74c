"""Writes lines where they belong without making anybody wait: in a thread, from a bounded queue.

A pipe that nobody reads, a closed one, a full disk: they cost lines, which are counted, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from typing import BinaryIO, Final

MOST_BYTES: Final = 4 * 2**20
"""Lines that wait beyond this are dropped: an hour of a quiet bot, a few seconds of a raid."""

COLLECT_S: Final = 0.02
"""How long lines gather before they are written together: each visit of the thread costs others a turn."""

FLUSH_S: Final = 2.0


class Writer:
    """Writes to `stream`; without one (a closed stderr) every line is dropped. None of it ever raises.

    Before `start`, and after `stop`, lines are written at once, by whoever has them.
    """

    def __init__(self, stream: BinaryIO | None, *, most_bytes: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._hurry = threading.Event()
        self._lines: list[bytes] = []
        self._bytes = 0
        self._writing = 0
        self._descriptor: int | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.dropped = 0

    def msg(self, line: bytes) -> None:
        """Have one line written, or count it as dropped."""
        if self._thread is None:
            self._put([line])
            return
        # The bare lock: entering a condition costs as much as all the rest of this.
        with self._lock:
            if self._bytes + len(line) > self._most_bytes:
                self.dropped += 1
                return
            self._lines.append(line)
            self._bytes += len(line)
            if len(self._lines) == 1:
                self._changed.notify_all()

    debug = info = warning = error = critical = msg

    def start(self) -> None:
        """Write in a thread from now on."""
        self._descriptor = _own_descriptor(self._stream)
        self._stopping = False
        self._hurry.clear()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def flush(self, timeout_s: float = FLUSH_S) -> bool:
        """Return once everything is written, or False after `timeout_s` seconds."""
        self._hurry.set()
        try:
            with self._changed:
                return self._changed.wait_for(lambda: not self._lines and not self._writing, timeout_s)
        finally:
            self._hurry.clear()

    def stop(self, timeout_s: float = FLUSH_S) -> None:
        """Write what waits within `timeout_s` seconds, and count the rest as dropped."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        in_time = self.flush(timeout_s)
        with self._changed:
            self._stopping = True
            self.dropped += len(self._lines) + self._writing
            self._lines.clear()
            self._bytes = 0
            self._changed.notify_all()
        self._hurry.set()
        if in_time:
            thread.join()

    def _run(self) -> None:
        while lines := self._next():
            self._put(lines)
            with self._changed:
                self._bytes -= sum(map(len, lines))
                self._writing = 0
                self._changed.notify_all()
            self._hurry.wait(COLLECT_S)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _next(self) -> list[bytes]:
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._stopping)
            lines, self._lines = self._lines, []
            self._writing = len(lines)
            return lines

    def _put(self, lines: Sequence[bytes]) -> None:
        text = b"\n".join(lines) + b"\n"
        try:
            if self._descriptor is not None:
                _write_all(self._descriptor, text)
            elif self._stream is not None:
                self._stream.write(text)
                self._stream.flush()
            else:
                self.dropped += len(lines)
        except (OSError, ValueError):
            self.dropped += len(lines)


def _own_descriptor(stream: BinaryIO | None) -> int | None:
    """Return a descriptor of our own: a thread that hangs in a write holds no lock that an exit waits for."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if stream is not None:
            stream.flush()
            return os.dup(stream.fileno())
    return None


def _write_all(descriptor: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
