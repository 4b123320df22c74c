"""Facts, holds and debts of many updates as one transaction, by statements that are compiled once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import (
    BigInteger,
    Connection,
    Double,
    Integer,
    Text,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.schema import Table
from sqlalchemy.sql.selectable import TableValuedAlias

from gmbot.adapters.sql import batch
from gmbot.adapters.sql.gathering import Spoilt
from gmbot.adapters.sql.quick import fetch, fill, in_transaction, together
from gmbot.adapters.sql.tables import applied_updates, holds, intents, memberships, standings
from gmbot.adapters.sql.writes import PAY, POSTPONE, Writes
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.changes import Changes

ATTEMPTS: Final = 3
FEW: Final = 4
"""Of more changes than this every table is named, whether there is something for it or not: PostgreSQL
prepares each combination for itself."""

_NUMBER: Final = re.compile(r"\$(\d+)")
_TABLES: Final[dict[str, Table]] = {
    batch.APPLIED: applied_updates,
    batch.MEMBERSHIPS: memberships,
    batch.STANDINGS: standings,
    batch.HOLDS: holds,
    batch.OWED: intents,
}
_DEBT: Final = (column("b_bot", BigInteger), column("b_key", Text), column("b_token", BigInteger))
_POSTPONED: Final = (*_DEBT, column("b_due", Double), column("b_attempts", Integer))


class PlainWrites(Protocol):
    """Writes a batch of plain changes."""

    def write(self, db: Connection, bot: BotId, changes: Sequence[Changes]) -> list[bool]:
        """Write all but those whose update was applied before; return which were written."""
        ...


def plain_writes(writes: Writes, dialect: str) -> PlainWrites:
    """Return what writes batches on a database of this dialect."""
    return _OnPostgres(writes) if dialect == "postgresql" else _OnSqlite(writes)


class _Statement(NamedTuple):
    text: str
    names: tuple[str, ...]


class _OnSqlite:
    """In a transaction of the caller's, a statement for each table."""

    _KNOWN = "SELECT update_id FROM applied_updates WHERE bot_id = ? AND update_id = ?"

    def __init__(self, writes: Writes) -> None:
        from sqlalchemy.dialects.sqlite import dialect

        statements = {
            batch.APPLIED: insert(applied_updates),
            batch.MEMBERSHIPS: writes.put_membership,
            batch.STANDINGS: writes.put_standing,
            batch.HOLDS: writes.put_hold,
            batch.PAID: PAY,
            batch.POSTPONED: POSTPONE,
            batch.OWED: writes.put_debt,
        }
        self._statements: dict[str, _Statement] = {}
        for part, statement in statements.items():
            columns = [one.name for one in _TABLES[part].c] if part in _TABLES else None
            compiled: Any = statement.compile(dialect=dialect(), column_keys=columns)
            self._statements[part] = _Statement(compiled.string, tuple(compiled.positiontup))

    def write(self, db: Connection, bot: BotId, changes: Sequence[Changes]) -> list[bool]:
        fresh = [self._first_time(db, bot, one) for one in changes]
        found = batch.merged(bot, [one for one, new in zip(changes, fresh, strict=True) if new])
        for part, lines in found.items():
            text, names = self._statements[part]
            fill(db, text, [tuple([line[name] for name in names]) for line in lines])
        return fresh

    def _first_time(self, db: Connection, bot: BotId, changes: Changes) -> bool:
        return changes.update_id is None or not fetch(db, self._KNOWN, (bot, changes.update_id))


class _OnPostgres:
    """One statement, which is a transaction by itself: one round trip for everything.

    Updates are taken for new; where one is not, nothing was written, and the others are written without it.
    A statement must not touch a row twice: debts that are paid and owed anew take a statement for each.
    """

    _KNOWN = "SELECT update_id FROM applied_updates WHERE bot_id = $1 AND update_id = ANY($2::bigint[])"

    def __init__(self, writes: Writes) -> None:
        from asyncpg import UniqueViolationError  # type: ignore[import-untyped]
        from sqlalchemy.dialects.postgresql.asyncpg import dialect

        self._writes = writes
        self._twice: type[Exception] = UniqueViolationError
        self._dialect = dialect()  # type: ignore[no-untyped-call]
        self._composed: dict[tuple[str, ...], _Statement] = {}

    def write(self, db: Connection, bot: BotId, changes: Sequence[Changes]) -> list[bool]:
        known: set[UpdateId | None] = set()
        for _ in range(ATTEMPTS):
            fresh = [one for one in changes if one.update_id not in known]
            if self._written(db, bot, fresh):
                return [one.update_id not in known for one in changes]
            updates = [one.update_id for one in changes if one.update_id is not None]
            known = {row[0] for row in fetch(db, self._KNOWN, (bot, updates))}
        raise Spoilt("updates were applied elsewhere at the same time, again and again")

    def _written(self, db: Connection, bot: BotId, changes: Sequence[Changes]) -> bool:
        found = batch.merged(bot, changes)
        try:
            if batch.crossing(changes) or in_transaction(db):
                with together(db):
                    for part in found:
                        self._run(db, (part,), found)
            elif found:
                self._run(db, tuple(found) if len(changes) <= FEW else batch.PARTS, found)
        except self._twice:
            return False
        return True

    def _run(self, db: Connection, parts: tuple[str, ...], found: batch.Rows) -> None:
        statement = self._composed.get(parts)
        if statement is None:
            statement = self._composed[parts] = self._compose(parts)
        values = []
        for name in statement.names:
            part, _, key = name.partition(".")
            values.append([line[key] for line in found.get(part, ())])
        fetch(db, statement.text, values)

    def _compose(self, parts: tuple[str, ...]) -> _Statement:
        """Return one statement of several tables' texts; one table's stands by itself."""
        if len(parts) == 1:
            return self._compiled(parts[0])
        texts: list[str] = []
        names: list[str] = []
        for part in parts:
            text, own = self._compiled(part)
            texts.append(f"put_{part} AS ({_renumbered(text, len(names))})")
            names += own
        return _Statement(f"WITH {', '.join(texts)} SELECT 1", tuple(names))

    def _compiled(self, part: str) -> _Statement:
        compiled: Any = self._statement(part).compile(dialect=self._dialect)
        return _Statement(compiled.string, tuple(compiled.positiontup))

    def _statement(self, part: str) -> Any:
        if part == batch.PAID:
            lines = _unnested(part, _DEBT)
            return delete(intents).where(*_same(lines))
        if part == batch.POSTPONED:
            lines = _unnested(part, _POSTPONED)
            new = {"due_at": lines.c.b_due, "attempts": lines.c.b_attempts}
            return update(intents).where(*_same(lines)).values(new)
        table = _TABLES[part]
        lines = _unnested(part, table.c)
        source = select(*(lines.c[one.name] for one in table.c))
        if part == batch.APPLIED:
            return insert(table).from_select([one.name for one in table.c], source)
        return self._writes.take(table, source)


def _renumbered(text: str, after: int) -> str:
    return _NUMBER.sub(lambda number: f"${int(number[1]) + after}", text)


def _unnested(part: str, columns: Any) -> TableValuedAlias:
    """Return lines whose columns are arrays, named so that tables do not share them."""
    from sqlalchemy.dialects.postgresql import ARRAY

    arrays = (bindparam(f"{part}.{one.name}", type_=ARRAY(one.type)) for one in columns)
    return func.unnest(*arrays).table_valued(*(one.name for one in columns)).render_derived()


def _same(lines: TableValuedAlias) -> tuple[Any, ...]:
    return (
        intents.c.bot_id == lines.c.b_bot,
        intents.c.key == lines.c.b_key,
        intents.c.token == lines.c.b_token,
    )
