"""What a log sink that fails, hangs or is gone costs: lines, which are counted, and nothing else."""

from __future__ import annotations

import io
import os
import threading
import time
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmbot.telemetry.writer import COLLECT_S, Writer

LINE = b"x" * 99


class FullDisk(io.RawIOBase):
    """Takes nothing."""

    def write(self, _: object) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


@pytest.fixture
def pipe() -> Iterator[tuple[int, typing.BinaryIO]]:
    """A pipe: its end to read from, and a stream into it."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as stream:
        yield read, stream
    os.close(read)


def test_lines_arrive_in_order(pipe: tuple[int, typing.BinaryIO]) -> None:
    """Each on its own, none lost."""
    read, stream = pipe
    writer = Writer(stream)
    writer.start()
    for number in range(500):
        writer.msg(b"%d" % number)
    writer.stop()
    assert os.read(read, 1 << 16).split() == [b"%d" % number for number in range(500)]
    assert writer.dropped == 0


def test_a_reader_that_reads_nothing_makes_nobody_wait(pipe: tuple[int, typing.BinaryIO]) -> None:
    """What the pipe and the queue do not take is dropped and counted; stopping does not hang, either."""
    _, stream = pipe
    writer = Writer(stream, most_bytes=10_000)
    writer.start()
    began = time.monotonic()
    for _ in range(10_000):
        writer.msg(LINE)
    writer.stop(timeout_s=0.1)
    assert time.monotonic() - began < 2.0
    assert writer.dropped > 9_000


def test_lines_flow_again_once_they_are_read(pipe: tuple[int, typing.BinaryIO]) -> None:
    """A reader that stood still for a while misses some lines and gets the later ones."""
    read, stream = pipe
    writer = Writer(stream, most_bytes=1_000)
    writer.start()
    while not writer.dropped:
        writer.msg(LINE)
        writer.flush(0.001)
    reading = threading.Thread(target=_drain, args=(read, b"last"), daemon=True)
    reading.start()
    assert writer.flush()
    writer.msg(b"last")
    writer.stop()
    reading.join(5)
    assert not reading.is_alive()


def _drain(read: int, word: bytes) -> None:
    text = b""
    while word not in text:
        text = text[-10:] + os.read(read, 1 << 16)


def test_a_reader_that_went_away_costs_lines_only() -> None:
    """A closed pipe is an error for the thread that writes, and for nobody else."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as stream:
        writer = Writer(stream)
        writer.start()
        writer.msg(LINE)
        writer.stop()
    assert writer.dropped == 1


@pytest.mark.parametrize("threaded", [True, False])
def test_a_full_disk_costs_lines_only(threaded: bool) -> None:
    """A log sink's failure is counted and touches nobody."""
    writer = Writer(typing.cast("typing.BinaryIO", FullDisk()))
    if threaded:
        writer.start()
    writer.msg(LINE)
    writer.msg(LINE)
    writer.stop()
    assert writer.dropped == 2


@pytest.mark.parametrize("threaded", [True, False])
def test_without_a_stderr_every_line_is_dropped(threaded: bool) -> None:
    """Whoever starts GMBot may have closed it."""
    writer = Writer(None)
    if threaded:
        writer.start()
    writer.msg(LINE)
    writer.stop()
    assert writer.dropped == 1


def test_a_closed_stream_costs_lines_only() -> None:
    """So is one that was closed meanwhile."""
    stream = io.BytesIO()
    stream.close()
    writer = Writer(stream)
    writer.start()
    writer.msg(LINE)
    writer.stop()
    assert writer.dropped == 1


def test_a_file_may_be_closed_by_its_owner_first(tmp_path: Path) -> None:
    """The writer has a descriptor of its own."""
    path = tmp_path / "log"
    stream = path.open("ab")
    writer = Writer(stream)
    writer.start()
    stream.close()
    writer.msg(b"late")
    writer.stop()
    assert path.read_bytes() == b"late\n"


def test_whoever_writes_pays_for_an_entry_in_a_list() -> None:
    """Writing costs the event loop microseconds, whatever the disk is doing."""
    writer = Writer(io.BytesIO())
    writer.start()
    began = time.thread_time()
    for _ in range(10_000):
        writer.msg(LINE)
    spent_s = time.thread_time() - began
    writer.stop()
    assert spent_s / 10_000 < 20e-6


def test_lines_that_come_together_are_written_together() -> None:
    """A thread that woke for each would take turns from everybody else."""

    class Counting(io.BytesIO):
        writes = 0

        def write(self, text: typing.Any) -> int:
            self.writes += 1
            return super().write(text)

    stream = Counting()
    writer = Writer(stream)
    writer.start()
    deadline = time.monotonic() + 5 * COLLECT_S
    while time.monotonic() < deadline:
        writer.msg(LINE)
    writer.stop()
    assert stream.writes <= 12


def test_nothing_is_left_running() -> None:
    """Stopping ends the thread."""
    before = threading.active_count()
    writer = Writer(io.BytesIO())
    writer.start()
    writer.stop()
    assert threading.active_count() == before
