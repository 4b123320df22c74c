"""What `/health` looks at beside the dependencies themselves."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gmbot.adapters.sql.database import Database
from gmbot.adapters.sql.tables import HEAD
from gmbot.adapters.sql.version import stored_version
from gmbot.bootstrap.bot_at_work import BotAtWork
from gmbot.bootstrap.circuits import get_database_circuit
from gmbot.domain.errors import Unavailable
from gmbot.entrypoints.ops.findings import Details, NotWell
from gmbot.entrypoints.ops.liveness import WEDGED_S
from gmbot.gate.events import ApiCalled, Event, UpdateHandled
from gmbot.resilience.circuit import State
from gmbot.resilience.circuits import Circuits
from gmbot.settings import Mode

LOOK_AT_VERSION_EVERY_S: Final = 10.0

LONGEST_POLL_S: Final = 60.0
"""A poll waits up to 50 s for an update, and ten for the answer."""

STUCK_S: Final = 120.0
"""Whoever waits in the send queue goes first after seconds: no turn comes later in one that moves."""


class Migrations:
    """Whether the database has the tables of this version.

    What was known stands while the database does not answer. One that is ahead is well: it was migrated for a
    newer GMBot, which takes over from this one.
    """

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._looked_at = -math.inf
        self._version: str | None = None

    @property
    def current(self) -> bool:
        """Whether nothing is missing, as far as is known."""
        return self._version is not None and self._version >= HEAD

    async def probe(self) -> Details:
        """Return both versions. Raises NotWell if the database's is older."""
        if self._monotonic() - self._looked_at >= LOOK_AT_VERSION_EVERY_S:
            with contextlib.suppress(Unavailable):
                self._version = await self._database.read(stored_version)
                self._looked_at = self._monotonic()
        details = {"database": self._version, "code": HEAD}
        if not self.current:
            raise NotWell("unknown" if self._looked_at == -math.inf else "behind", details)
        return details


class CircuitWatch:
    """Whether anybody is left alone because they kept failing, or as an operator said so."""

    def __init__(self, circuits: Circuits | None) -> None:
        self._circuits = circuits

    @property
    def _states(self) -> Mapping[str, State]:
        return {} if self._circuits is None else self._circuits.states()

    def writable(self) -> None:
        """Raise NotWell if the database answers, but what is written to it has kept failing."""
        if self._states.get(get_database_circuit().kind) in {State.OPEN, State.ISOLATED}:
            raise NotWell("cannot_be_written")

    async def probe(self) -> Details:
        """Return how the worst circuit of each kind stands. Raises NotWell if one refuses calls."""
        states = self._states
        details = {kind: state.value for kind, state in states.items()}
        if State.ISOLATED in states.values():
            raise NotWell("isolated", details)
        if State.OPEN in states.values():
            raise NotWell("open", details)
        return details


class Intake:
    """Whether updates are asked for, taken, and come to an end.

    `monotonic` tells how long ago polls were, `timer` how long ago updates.
    """

    def __init__(
        self,
        mode: str,
        bots: Sequence[BotAtWork],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._mode = mode
        self._bots = bots
        self._monotonic = monotonic
        self._timer = timer
        self._last_at: float | None = None
        self._polled_at: dict[int, float] = {}
        self._began_at: float | None = None
        self.refused = 0
        self.well_s: Callable[[], float] = lambda: math.inf
        """For how many seconds every dependency has been well."""

    def begin(self) -> None:
        """Note that updates are taken from now on."""
        self._began_at = self._monotonic()

    def listen(self, event: Event) -> None:
        """Note when the last update was dealt with, and when each bot's last poll ended, however it did."""
        if isinstance(event, UpdateHandled):
            self._last_at = self._timer()
        elif isinstance(event, ApiCalled) and event.method == "getUpdates":
            # Who was told to wait does not ask again before its time, however long that is.
            self._polled_at[event.bot_id] = math.inf if event.code == 429 else self._monotonic()

    @property
    def oldest_s(self) -> float:
        """For how many seconds the update is being handled that has been longest."""
        return max((work.dispatcher.under_way.oldest_s for work in self._bots), default=0.0)

    @property
    def wedged(self) -> bool:
        """Whether something does not go on though nothing keeps it: while a dependency is away, that does."""
        return min(max(self.oldest_s, self._overdue_s), self.well_s()) > WEDGED_S

    @property
    def _overdue_s(self) -> float:
        """By how many seconds a poll is overdue.

        A bot whose token was refused polls no more, and which one that is is not known here.
        """
        if self._mode != Mode.POLLING or self._began_at is None or self.refused:
            return 0.0
        polls = (self._polled_at.get(work.bot.me.bot_id, self._began_at) for work in self._bots)
        return self._monotonic() - min(polls, default=math.inf) - LONGEST_POLL_S

    async def probe(self) -> Details:
        """Return what is under way. Raises NotWell before updates are taken, and when one does not end."""
        if self._began_at is None:
            raise NotWell("starting")
        if self.refused:
            raise NotWell("token_refused", self._details())
        if self.wedged:
            raise NotWell("stuck", self._details())
        return self._details()

    def _details(self) -> Details:
        seen = [at for at in (self._last_at, *(work.passes.last_at for work in self._bots)) if at is not None]
        return {
            "mode": self._mode,
            "bots": len(self._bots),
            "bots_refused": self.refused,
            "under_way": sum(len(work.dispatcher.under_way) for work in self._bots),
            "oldest_seconds": round(self.oldest_s, 1),
            "last_update_seconds_ago": round(self._timer() - max(seen), 1) if seen else None,
        }


class Sending:
    """Whether calls that wait for their turn get it."""

    def __init__(self, bots: Sequence[BotAtWork]) -> None:
        self._bots = bots

    async def probe(self) -> Details:
        """Return how many wait, and how long the first has. Raises NotWell if its turn does not come."""
        oldest_s = max((work.client.oldest_wait_s for work in self._bots), default=0.0)
        details = {
            "depth": sum(work.client.waiting for work in self._bots),
            "oldest_wait_seconds": round(oldest_s, 1),
        }
        if oldest_s > STUCK_S:
            raise NotWell("stuck", details)
        return details
