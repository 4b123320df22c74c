"""A database that takes its time, fails, and forgets to say that it has done what it was told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulation.mortal import Mortal

from gmbot.adapters.memory.store import MemoryStore
from gmbot.adapters.memory.tenant import MemoryDatabase
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId
from gmbot.gate.changes import Changes


class DatabaseServer:
    """What all processes share. `down`: nothing is done; `forgetful`: how likely answers are to get lost."""

    def __init__(self, memory: MemoryDatabase, chance: random.Random, latency_s: float) -> None:
        self.memory = memory
        self.down = False
        self.forgetful = 0.0
        self.latency_s = latency_s
        self.last_trouble = -1e9
        """The loop's second in which somebody was let down last."""
        self.on_apply: Callable[[BotId, Changes, bool], None] = lambda bot_id, changes, done: None
        self._chance = chance

    async def pause(self) -> None:
        """Take the time that a visit takes, one way."""
        await asyncio.sleep(self.latency_s * self._chance.random())

    def refuse(self) -> None:
        """Raise Unavailable, for whatever reason."""
        self.last_trouble = asyncio.get_running_loop().time()
        raise Unavailable("the database does not answer")

    def forgets(self) -> bool:
        """Whether the answer to what was just done gets lost."""
        return self.forgetful > 0 and self._chance.random() < self.forgetful


class SimulatedStore:
    """One bot's store in one process. Every method of MemoryStore, with the server's moods."""

    def __init__(self, bot_id: BotId, server: DatabaseServer, mortal: Mortal) -> None:
        self._bot_id = bot_id
        self._server = server
        self._mortal = mortal
        self._inner = MemoryStore(bot_id, server.memory)

    async def apply(self, changes: Changes) -> bool:
        """Write everything, or nothing."""
        done: bool = await self._visit(lambda: self._apply(changes))
        return done

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._inner, name)
        return lambda *given, **named: self._visit(lambda: method(*given, **named))

    async def _apply(self, changes: Changes) -> bool:
        done = await self._inner.apply(changes)
        self._server.on_apply(self._bot_id, changes, done)
        return done

    async def _visit(self, work: Callable[[], Awaitable[Any]]) -> Any:
        await self._mortal.alive()
        await self._server.pause()
        await self._mortal.alive()
        if self._server.down:
            self._server.refuse()
        result = await work()
        await self._server.pause()
        await self._mortal.alive()
        if self._server.forgets():
            self._server.refuse()
        return result
