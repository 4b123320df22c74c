"""One transaction's writes; the statements' guards say what domain.merge, newer and gate.merging.owe say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.schema import Table
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.dml import Delete, Insert, Update

from gmbot.adapters.sql import rows, set_aside_rows, sweep_rows
from gmbot.adapters.sql.tables import (
    applied_updates,
    audit,
    audit_numbers,
    channels,
    directories,
    groups,
    holds,
    intents,
    links,
    memberships,
    owners,
    set_aside,
    standings,
    sweeps,
)
from gmbot.domain.group import Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId
from gmbot.domain.membership import merge
from gmbot.domain.standing import newer
from gmbot.gate.changes import AuditEntry, Changes, LearntMembership, LearntStanding
from gmbot.gate.intents import Owed
from gmbot.gate.merging import owe

Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]
Guard = Callable[[Columns, Columns], ColumnElement[bool]]

_FACT = ("at", "source", "sequence", "state")
_STANDING = ("at", "source", "sequence", "status", "present", "until")

DROP_GROUP: Delete = delete(groups).where(
    groups.c.bot_id == bindparam("b_bot"), groups.c.group_id == bindparam("b_group")
)
_LINKED = (
    exists()
    .where(links.c.bot_id == channels.c.bot_id, links.c.channel_id == channels.c.channel_id)
    .correlate(channels)
)
DROP_UNLINKED: Delete = delete(channels).where(channels.c.bot_id == bindparam("b_bot"), ~_LINKED)
_DROP_IF_UNLINKED: Delete = DROP_UNLINKED.where(channels.c.channel_id == bindparam("b_channel"))
_LINKS_OF = select(links.c.channel_id).where(
    links.c.bot_id == bindparam("bot"),
    links.c.group_id.in_(bindparam("groups", expanding=True, type_=BigInteger)),
)
_UNLINK: Delete = delete(links).where(
    links.c.bot_id == bindparam("b_bot"), links.c.group_id == bindparam("b_group")
)
_SAME_DEBT = (
    intents.c.bot_id == bindparam("b_bot"),
    intents.c.key == bindparam("b_key"),
    intents.c.token == bindparam("b_token"),
)
PAY: Delete = delete(intents).where(*_SAME_DEBT)
POSTPONE: Update = (
    update(intents).where(*_SAME_DEBT).values(due_at=bindparam("b_due"), attempts=bindparam("b_attempts"))
)

_LAST_NUMBER = select(func.coalesce(func.max(audit.c.entry_id), 0)).where(audit.c.bot_id == bindparam("bot"))


def _later(columns: Sequence[str]) -> Guard:
    def guard(new: Columns, kept: Columns) -> ColumnElement[bool]:
        return tuple_(*(new[name] for name in columns)) > tuple_(*(kept[name] for name in columns))

    return guard


def _insert(dialect: str) -> Callable[[Table], Any]:
    """Return the dialect's own INSERT; only the one in use is imported."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert


class Writes:
    """The statements of one dialect, and the order in which changes are written.

    Rows are written table by table and by key within a table, so that two transactions rarely wait
    for each other in a circle.
    """

    def __init__(self, dialect: str) -> None:
        self.insert = _insert(dialect)
        self.put_membership = self.upsert(memberships, _later(_FACT))
        self.put_standing = self.upsert(standings, _later(_STANDING))
        self.put_hold = self.upsert(holds, _later(("revision",)))
        self.put_channel = self.upsert(channels)
        self._put_group = self.upsert(groups)
        self._count_change: Insert = self.insert(directories).on_conflict_do_update(
            index_elements=[directories.c.bot_id], set_={"revision": directories.c.revision + 1}
        )
        self._put_owner: Insert = self.insert(owners).on_conflict_do_nothing()
        self._apply_once: Insert = self.insert(applied_updates).on_conflict_do_nothing()
        self.put_debt = self._debt_upsert(self.insert(intents))
        self._put_sweep = self.upsert(sweeps)
        self._put_aside = self.upsert(set_aside)
        self._numbered_here = dialect == "sqlite"
        self._note: Insert = self.insert(audit)
        if not self._numbered_here:
            self._note = self._note.values(entry_id=audit_numbers.next_value())

    def upsert(self, table: Table, guard: Guard | None = None, source: Any = None) -> Insert:
        """Return an insert that replaces what is there if `guard(new, kept)` holds."""
        statement = self.insert(table)
        if source is not None:
            statement = statement.from_select([column.name for column in table.c], source)
        new = statement.excluded
        changed = {column.name: new[column.name] for column in table.c if not column.primary_key}
        result: Insert = statement.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_=changed,
            where=None if guard is None else guard(new, table.c),
        )
        return result

    def take(self, table: Table, source: Any) -> Insert:
        """Return an insert of facts, holds or debts from a query, merged with what is there."""
        if table is intents:
            return self._debt_upsert(self.insert(intents).from_select([c.name for c in intents.c], source))
        later = {memberships: _FACT, standings: _STANDING, holds: ("revision",)}
        return self.upsert(table, _later(later[table]), source)

    def first_time(self, db: Connection, bot: BotId, changes: Changes) -> bool:
        """Remember the changes' update; False if it was applied before."""
        if changes.update_id is None:
            return True
        once = {"bot_id": bot, "update_id": changes.update_id, "applied_at": changes.at}
        return db.execute(self._apply_once, once).rowcount == 1

    def write(self, db: Connection, bot: BotId, changes: Changes) -> None:
        """Write everything but moves."""
        loose = _may_come_loose(db, bot, changes)
        self.write_groups(db, bot, changes.groups, changes.at)
        _many(db, self.put_channel, [rows.channel_values(bot, channel) for channel in changes.channels])
        _many(db, DROP_GROUP, [{"b_bot": bot, "b_group": group} for group in changes.unguarded])
        _many(db, _DROP_IF_UNLINKED, [{"b_bot": bot, "b_channel": channel} for channel in loose])
        _many(db, self.put_membership, membership_rows(bot, changes.memberships))
        _many(db, self.put_standing, standing_rows(bot, changes.standings))
        _many(db, self.put_hold, hold_rows(bot, changes.holds))
        _many(db, PAY, paid_rows(bot, changes.paid))
        _many(db, POSTPONE, postponed_rows(bot, changes.postponed))
        _many(db, self.put_debt, debt_rows(bot, changes.owed))
        self.note(db, bot, changes.audit)
        _many(db, self._put_sweep, sweep_rows.values(db, bot, changes.sweeps))
        _many(db, self._put_aside, set_aside_rows.values(bot, changes.set_aside))
        # Last: who change groups of one bot at once wait for each other no longer than they must.
        _many(db, self._count_change, [{"bot_id": bot, "revision": 1}] if changes.of_groups else [])

    def write_groups(self, db: Connection, bot: BotId, changed: Sequence[Group], at: float) -> None:
        """Replace groups and what they require; remember owners when first seen."""
        for group in changed:
            db.execute(self._put_group, rows.group_values(bot, group))
            db.execute(_UNLINK, {"b_bot": bot, "b_group": group.group_id})
            _many(db, self.insert(links), rows.link_values(bot, group))
            db.execute(self._put_owner, {"bot_id": bot, "owner_id": group.owner_id, "first_seen_at": at})

    def note(self, db: Connection, bot: BotId, entries: Sequence[AuditEntry]) -> None:
        """Add audit entries, numbered in this order."""
        values = [rows.audit_values(bot, entry) for entry in entries]
        if values and self._numbered_here:
            last = db.execute(_LAST_NUMBER, {"bot": bot}).scalar_one()
            values = [{**one, "entry_id": last + place} for place, one in enumerate(values, start=1)]
        _many(db, self._note, values)

    @staticmethod
    def _debt_upsert(statement: Any) -> Insert:
        new, kept = statement.excluded, intents.c
        result: Insert = statement.on_conflict_do_update(
            index_elements=list(intents.primary_key),
            set_={
                "urgency": new.urgency,
                "due_at": _earlier(new.due_at, kept.due_at),
                "owed_at": _earlier(new.owed_at, kept.owed_at),
                "token": new.token,
                "attempts": new.attempts,
                "body": new.body,
            },
        )
        return result


def _may_come_loose(db: Connection, bot: BotId, changes: Changes) -> list[int]:
    """Return the channels that nobody may require once the changes are written."""
    touched = [*(group.group_id for group in changes.groups), *changes.unguarded]
    linked = db.scalars(_LINKS_OF, {"bot": bot, "groups": touched}).all() if touched else ()
    return sorted({*linked, *(channel.channel_id for channel in changes.channels)})


def _earlier(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((one < other, one), else_=other)


def _many(db: Connection, statement: Any, values: Sequence[rows.Values]) -> None:
    if values:
        db.execute(statement, values)


def _debt(bot: BotId, owed: Owed) -> rows.Values:
    return {"b_bot": bot, "b_key": owed.key, "b_token": owed.token}


def paid_rows(bot: BotId, debts: Sequence[Owed]) -> list[rows.Values]:
    """Return which debts to remove, by key."""
    return [_debt(bot, owed) for owed in sorted(debts, key=_key)]


def postponed_rows(bot: BotId, debts: Sequence[Owed]) -> list[rows.Values]:
    """Return when debts are due instead, by key; the last word counts."""
    last = {(owed.key, owed.token): owed for owed in debts}
    return [
        {**_debt(bot, owed), "b_due": owed.due_at, "b_attempts": owed.attempts}
        for owed in sorted(last.values(), key=_key)
    ]


def _key(owed: Owed) -> str:
    return owed.key


# One statement may touch a row once only (PostgreSQL), so what is about one key is merged before.


def membership_rows(bot: BotId, learnt: Sequence[LearntMembership]) -> list[rows.Values]:
    """Return the rows of facts, by person and channel."""
    best: dict[tuple[int, int], LearntMembership] = {}
    for one in learnt:
        pair = (one.user_id, one.channel_id)
        fact = merge(best.get(pair, one).membership, one.membership)
        if fact.known:
            best[pair] = LearntMembership(one.user_id, one.channel_id, fact)
    return [rows.membership_values(bot, best[pair]) for pair in sorted(best)]


def standing_rows(bot: BotId, learnt: Sequence[LearntStanding]) -> list[rows.Values]:
    """Return the rows of standings, by group and person."""
    best: dict[tuple[int, int], LearntStanding] = {}
    for one in learnt:
        place = (one.group_id, one.user_id)
        fact = newer(best.get(place, one).standing, one.standing)
        best[place] = LearntStanding(one.group_id, one.user_id, fact)
    return [rows.standing_values(bot, best[place]) for place in sorted(best)]


def hold_rows(bot: BotId, written: Sequence[Hold]) -> list[rows.Values]:
    """Return the rows of holds, by group and person."""
    best: dict[tuple[int, int], Hold] = {}
    for hold in written:
        place = (hold.group_id, hold.user_id)
        best[place] = max(best.get(place, hold), hold, key=lambda one: one.revision)
    return [rows.hold_values(bot, best[place]) for place in sorted(best)]


def debt_rows(bot: BotId, debts: Sequence[Owed]) -> list[rows.Values]:
    """Return the rows of new debts, by key."""
    best: dict[str, Owed] = {}
    for owed in debts:
        best[owed.key] = owe(best.get(owed.key), owed)
    return [rows.owed_values(bot, best[key]) for key in sorted(best)]
