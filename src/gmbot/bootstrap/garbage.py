"""Python's cycle collector, told what is worth its time (decision 12)."""

from __future__ import annotations

import gc

NEW_OBJECTS = 5_000
"""After so many more containers the youngest are looked at; Python's own 700 finds less than it costs."""


def take_up() -> None:
    """Leave what was loaded out of every look from now on: one at all of it stops everything for 30 ms."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
    gc.enable()
