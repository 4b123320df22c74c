"""Spans: what was done within what, and how long it took; by default nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

Trace = Callable[[str], AbstractContextManager[object]]
"""Opens a span of a static name around a piece of work; those within it, and in its tasks, are its parts."""

_NOTHING: Final[AbstractContextManager[object]] = nullcontext()


def untraced(name: str) -> AbstractContextManager[object]:
    """Open no span: the default."""
    return _NOTHING
