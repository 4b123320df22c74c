"""The truth of one bot, in SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from gmbot.adapters.sql import ages, reads, set_aside_rows, sweep_rows
from gmbot.adapters.sql.batch import fitting, plain
from gmbot.adapters.sql.claims import bring_forward, claim, next_due
from gmbot.adapters.sql.database import Database, Work
from gmbot.adapters.sql.gathering import Gathering
from gmbot.adapters.sql.moves import move
from gmbot.adapters.sql.people import Asked, People, memberships_of
from gmbot.adapters.sql.plain_writes import plain_writes
from gmbot.adapters.sql.quick import Quick
from gmbot.adapters.sql.writes import Writes
from gmbot.domain.errors import Unavailable
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.standing import Standing
from gmbot.gate.ages import Page, Pruned
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, SetAside
from gmbot.gate.events import IntentFailed, QueryRan
from gmbot.gate.intents import Owed
from gmbot.gate.ports import Emit, KnownPerson, PersonRecord
from gmbot.gate.sweeps import Sweep

T = TypeVar("T")


class SqlStore:
    """One bot's rows. Each method is one visit to the database and one QueryRan.

    Raises Unavailable when the database cannot be read or written.
    """

    def __init__(
        self,
        database: Database,
        bot_id: BotId,
        emit: Emit,
        *,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._database = database
        self._bot = bot_id
        self._emit = emit
        self._timer = timer
        self._writes = Writes(database.dialect)
        self._plain_writes = plain_writes(self._writes, database.dialect)
        self._gathering: Gathering[Changes, bool] = Gathering(self._write_together, fits=fitting)
        self._people = People(database, bot_id)

    async def apply(self, changes: Changes) -> bool:
        """Write everything in one transaction, or nothing and return False if the update was applied.

        Groups move first: whatever else is in the same changes names the new id. Debts are paid
        and postponed before new ones are owed.
        """

        if plain(changes):
            return await self._timed("apply", self._gathering.ask(changes))

        def work(db: Connection) -> bool:
            if not self._writes.first_time(db, self._bot, changes):
                return False
            for moved in changes.moved:
                move(db, self._writes, self._bot, moved)
            self._writes.write(db, self._bot, changes)
            return True

        return await self._timed("apply", self._database.write(work))

    async def _write_together(self, changes: Sequence[Changes]) -> Sequence[bool]:
        work = Quick(lambda db: self._plain_writes.write(db, self._bot, changes))
        return await self._database.write(work)

    async def groups(self) -> Sequence[Group]:
        """Return every guarded group."""
        return await self._read("groups", lambda db: reads.all_groups(db, self._bot))

    async def channels(self) -> Sequence[Channel]:
        """Return every channel that a guarded group requires."""
        return await self._read("channels", lambda db: reads.all_channels(db, self._bot))

    async def revision(self) -> int:
        """Return how often changes of groups were stored."""
        return await self._read("revision", Quick(lambda db: reads.revision_of(db, self._bot)))

    async def memberships(self, pairs: Sequence[tuple[UserId, ChannelId]]) -> Sequence[LearntMembership]:
        """Return what is known of people, each in the channel named with them; the unknown is absent."""
        work = Quick(lambda db: memberships_of(db, self._bot, pairs))
        return await self._read("memberships", work)

    async def standing(self, group_id: GroupId, user_id: UserId) -> Standing | None:
        """Return what one person was last known to be in a group."""
        return (await self._timed("standing", self._people.ask(Asked(group_id, user_id)))).standing

    async def hold(self, group_id: GroupId, user_id: UserId) -> Hold | None:
        """Return a person's hold in a group: the active one, or the last that ended."""
        return (await self._timed("hold", self._people.ask(Asked(group_id, user_id)))).hold

    async def person(self, group_id: GroupId, user_id: UserId, channels: Sequence[ChannelId]) -> PersonRecord:
        """Return `hold`, `standing` and `memberships` in one visit."""
        return await self._timed("person", self._people.ask(Asked(group_id, user_id, channels)))

    async def holds_in(self, group_id: GroupId, after: UserId, limit: int) -> Sequence[Hold]:
        """Return a group's active holds by user id, from the first greater than `after`."""
        return await self._read("holds_in", lambda db: reads.holds_in(db, self._bot, group_id, after, limit))

    async def told(self, group_id: GroupId, since: float = 0.0) -> Sequence[Hold]:
        """Return whom a group's prompts name that concern nobody any more, or that were added to since."""
        return await self._read("told", lambda db: reads.told(db, self._bot, group_id, since))

    async def untold(self, group_id: GroupId, before: float, limit: int) -> Sequence[Hold]:
        """Return PLACED holds, not `away`, without `prompt_id`, `prompted_at` <= `before`, oldest first."""
        return await self._read("untold", lambda db: reads.untold(db, self._bot, group_id, before, limit))

    async def holds_of(self, user_id: UserId) -> Sequence[Hold]:
        """Return a person's active holds in all groups."""
        return await self._read("holds_of", lambda db: reads.holds_of(db, self._bot, user_id))

    async def count_holds(self) -> int:
        """Return how many holds are active."""
        return await self._read("count_holds", lambda db: reads.count_holds(db, self._bot))

    async def claim(self, now: float, lease_s: float, limit: int) -> Sequence[Owed]:
        """Take what is due, most urgent and oldest first, and keep it from others for `lease_s` seconds.

        What is returned still carries the moment at which it was due. A debt of a kind that this
        version does not know stays for the version that does.
        """
        work = Quick(lambda db: claim(db, self._bot, now, now + lease_s, limit))
        debts, unreadable = await self._timed("claim", self._database.write(work))
        for _ in range(unreadable):
            self._emit(IntentFailed("unknown", "ValidationError", attempts=0, retry_in_s=lease_s))
        return debts

    async def bring_forward(self, now: float, furthest_s: float, delay_s: float) -> None:
        """Have what a clock put off that has since been put back be due in `delay_s`."""
        work = Quick(lambda db: bring_forward(db, self._bot, now, now + furthest_s, now + delay_s))
        await self._timed("bring_forward", self._database.write(work))

    async def next_due(self) -> float | None:
        """Return when the next intent is due, in Unix seconds."""
        return await self._read("next_due", lambda db: next_due(db, self._bot))

    async def known(
        self, group_id: GroupId, channels: Sequence[ChannelId], after: UserId, limit: int
    ) -> Sequence[KnownPerson]:
        """Return whoever has a standing or an active hold in a group, or a membership of these channels."""
        place = sweep_rows.Place(self._bot, group_id, tuple(channels))
        return await self._read("known", lambda db: sweep_rows.known(db, place, after, limit))

    async def sweeps(self) -> Sequence[Sweep]:
        """Return the last sweep of each kind in every group, by group and kind."""
        return await self._read("sweeps", lambda db: sweep_rows.all_sweeps(db, self._bot))

    async def audit(self, group_id: GroupId, limit: int) -> Sequence[AuditEntry]:
        """Return the last entries about a group, newest first."""
        return await self._read("audit", lambda db: reads.audit_of(db, self._bot, group_id, limit))

    async def set_aside(self, limit: int) -> Sequence[SetAside]:
        """Return the last updates that could not be handled, newest first."""
        return await self._read("set_aside", lambda db: set_aside_rows.last(db, self._bot, limit))

    async def prune(self, page: Page) -> Pruned:
        """Remove what nobody needs from one page; a page without such rows is only read."""
        return await self._timed("prune", self._prune(page))

    async def _prune(self, page: Page) -> Pruned:
        found = await self._database.read(lambda db: ages.look(db, self._bot, page))
        removed = 0
        if found.old:
            removed = await self._database.write(lambda db: ages.remove(db, self._bot, page))
        return Pruned(removed, found.last if found.full else None)

    async def ping(self) -> None:
        """Return if the database answers."""
        await self._read("ping", reads.ping)

    async def _read(self, query: str, work: Work[T]) -> T:
        return await self._timed(query, self._database.read(work))

    async def _timed(self, query: str, answer: Awaitable[T]) -> T:
        started = self._timer()
        try:
            result = await answer
        except Unavailable:
            self._emit(QueryRan(query, self._timer() - started, ok=False))
            raise
        self._emit(QueryRan(query, self._timer() - started))
        return result
