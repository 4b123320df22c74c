"""What Python would print by itself goes into the log."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from gmbot.telemetry.hooks import Hooks


@pytest.fixture
def hooked() -> Iterator[None]:
    """A process that logs what Python would print."""
    with Hooks():
        yield


class Stubborn:
    """Fails when it is given up."""

    def __del__(self) -> None:
        raise ValueError("why")


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    """Return who said what, and of which error."""
    return [
        (record.name, record.message, type(record.exc_info[1]).__name__)
        for record in caplog.records
        if record.exc_info
    ]


def test_an_error_in_a_finaliser_is_logged(hooked: None, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody could catch it."""
    with caplog.at_level(logging.ERROR):
        Stubborn().__str__()
    assert told(caplog) == [("python", "an error that could not be raised", "ValueError")]


def test_an_error_that_ends_a_thread_is_logged(hooked: None, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for its result."""

    def fail() -> None:
        raise ValueError("why")

    with caplog.at_level(logging.ERROR):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert told(caplog) == [("python", "an error ended a thread", "ValueError")]


def test_the_former_hooks_are_given_back() -> None:
    """Whoever had them before has them again."""
    before = sys.unraisablehook, threading.excepthook
    with Hooks():
        assert (sys.unraisablehook, threading.excepthook) != before
    assert (sys.unraisablehook, threading.excepthook) == before
