"""What Python itself would print on standard error, as log lines: errors that nobody can catch."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import Final, Self

_PYTHON: Final = "python"


class Hooks:
    """While entered, errors in finalisers and threads go to the logger `python`; for whole processes only."""

    def __enter__(self) -> Self:
        self._former = sys.unraisablehook, threading.excepthook
        sys.unraisablehook = _unraisable
        threading.excepthook = _in_thread
        return self

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook, threading.excepthook = self._former


def _unraisable(told: sys.UnraisableHookArgs) -> None:
    _tell("an error that could not be raised", told.exc_value, told.exc_traceback)


def _in_thread(told: threading.ExceptHookArgs) -> None:
    _tell("an error ended a thread", told.exc_value, told.exc_traceback)


def _tell(what: str, error: BaseException | None, trace: TracebackType | None) -> None:
    info = None if error is None else (type(error), error, trace)
    logging.getLogger(_PYTHON).error(what, exc_info=info)
