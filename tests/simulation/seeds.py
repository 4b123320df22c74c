"""Lives that once broke a promise, and what was wrong then. New ones are added, none is ever taken away."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NAMED: Mapping[int, str] = MappingProxyType(
    {
        702: "A ban and a mute that an admin gave one after the other were given back in turns, for ever.",
        307: "Whom the bot could not free for want of rights was forgotten when the brake was on as well.",
        67: "A process whose /protect was stored, but not answered, went on by the old rule until its end.",
    }
)
"""Seed → what it showed. A seed lives another life once the generator changes: what it showed is also pinned
by the shortest scenario, in tests/e2e/gate/test_what_simulation_found.py."""
