"""What the use cases need of the world. Small, and owned by whoever needs it: the gate."""

from __future__ import annotations

from gmbot.gate.ports.memory import (
    Memory,
    MemorySize,
    Reading,
    SharedMemory,
)
from gmbot.gate.ports.store import (
    KnownMemberships,
    KnownPerson,
    PersonRecord,
    Store,
)
from gmbot.gate.ports.telegram import (
    Administrator,
    ChatInfo,
    CommandMenu,
    Me,
    Telegram,
)
from gmbot.gate.ports.world import (
    Clock,
    Emit,
    Voice,
)

__all__ = [
    "Administrator",
    "ChatInfo",
    "Clock",
    "CommandMenu",
    "Emit",
    "KnownMemberships",
    "KnownPerson",
    "Me",
    "Memory",
    "MemorySize",
    "PersonRecord",
    "Reading",
    "SharedMemory",
    "Store",
    "Telegram",
    "Voice",
]
