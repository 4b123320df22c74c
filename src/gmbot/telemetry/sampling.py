"""Which ordinary updates get a log line of their own."""

from __future__ import annotations

from typing import Final

_SPREAD: Final = 2_654_435_761
"""Knuth's multiplier: neighbouring ids fall far apart, so a share of a burst is the share of all."""

_RANGE: Final = 1 << 32


class Sampling:
    """The same share of all updates everywhere: an update that comes again is sampled again, or again not.

    `share` is from 0 to 1.
    """

    def __init__(self, share: float) -> None:
        self._below = round(share * _RANGE)

    def __call__(self, update_id: int) -> bool:
        """Whether this update is among them."""
        return (update_id * _SPREAD) % _RANGE < self._below
