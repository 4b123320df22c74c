"""What circuits protect, made of scripts."""

from __future__ import annotations

from tests.fixtures.telegram import BOT, LeapingClock, Script

from gmbot.adapters.sql.database import Database, T, Work
from gmbot.adapters.telegram.transport import Reply
from gmbot.bootstrap.circuits import (
    ACT,
    ASK,
    READ,
    WRITE,
    get_database_circuit,
    get_telegram_circuit,
    open_circuits,
)
from gmbot.bootstrap.protection import ProtectedDatabase, ProtectedTransport
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import ChannelId, GroupId, UserId
from gmbot.gate.events import Event
from gmbot.resilience.circuit import State

ANN, GROUP, CHANNEL = UserId(7), GroupId(-1001), ChannelId(-1002)


class Wire:
    """A database that runs nothing: it counts what reaches it, and fails as told."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.failures = 0
        self.error = Unavailable("the database failed")

    async def read(self, work: Work[T]) -> T:
        """Be asked."""
        return await self._answer("read")

    async def write(self, work: Work[T]) -> T:
        """Be told."""
        return await self._answer("write")

    async def close(self) -> None:
        """Be closed."""
        self.reached.append("close")

    async def _answer(self, what: str) -> T:
        self.reached.append(what)
        if self.failures:
            self.failures -= 1
            raise self.error
        return None  # type: ignore[return-value]


class Plant:
    """Circuits, and what they protect."""

    def __init__(self, *answers: Reply | Exception) -> None:
        self.clock = LeapingClock()
        self.events: list[Event] = []
        self.circuits = open_circuits(self.clock.now, lambda: 0.5, self.events.append)
        self.wire = Wire()
        self.database: Database = self.protected()
        self.script = Script(*answers)
        self.transport = ProtectedTransport(self.script, self.circuits, BOT)

    def protected(self) -> ProtectedDatabase:
        return ProtectedDatabase(
            self.wire, self.circuits, clock=self.clock, random=lambda: 0.5, emit=self.events.append
        )

    def state(self, name: str) -> State:
        return self.circuits.states()[name]

    def isolate(self) -> None:
        for way in (READ, WRITE):
            self.circuits[get_database_circuit(way)].isolate()
        for way in (ASK, ACT):
            self.circuits[get_telegram_circuit(BOT, way)].isolate()
