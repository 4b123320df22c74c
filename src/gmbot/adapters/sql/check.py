"""How the database finds what every query looks for, how long that takes, and which index is missing."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Index, inspect
from sqlalchemy.schema import CreateIndex

from gmbot.adapters.sql.database import Database, connect
from gmbot.adapters.sql.plans import Plan
from gmbot.adapters.sql.rehearsal import Rehearsal, Seen
from gmbot.adapters.sql.sizes import row_counts
from gmbot.adapters.sql.store import SqlStore
from gmbot.adapters.sql.tables import HEAD, metadata, name_conditions_for_postgresql
from gmbot.adapters.sql.version import stored_version
from gmbot.adapters.sql.visits import VISITS, Sample, Visit, sample
from gmbot.adapters.sql.writes import Writes
from gmbot.domain.errors import ConfigurationError, Unavailable

LARGE: Final = 5_000
"""With fewer rows than this, reading a table from end to end is what a good planner does."""

SLOW_S: Final = 0.05
ROUNDS: Final = 7


class Query(msgspec.Struct, frozen=True):
    """One statement of one visit: its plan, its median time, and what is wrong with it, if anything is."""

    visit: str
    statement: str
    plan: str
    seconds: float
    problems: tuple[str, ...] = ()


class Examination(msgspec.Struct, frozen=True):
    """Everything seen. `missing`: the statements that make the indexes which are not there."""

    dialect: str
    rows: Mapping[str, int]
    queries: tuple[Query, ...]
    missing: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.missing and not any(query.problems for query in self.queries)


async def examine(url: str, *, rounds: int = ROUNDS, large: int = LARGE) -> Examination:
    """Pay every visit to the database at `url`, explained once and timed `rounds` times; nothing is kept.

    Raises ConfigurationError if it cannot be reached or has not this version's tables.
    """
    database = connect(url)
    try:
        if await database.read(stored_version) != HEAD:
            raise ConfigurationError(
                "The database of DATABASE_URL has not the tables of this version: run `gmbot migrate`."
            )
        return await _examine(database, rounds, large)
    except Unavailable as error:
        raise ConfigurationError(f"DATABASE_URL names a database that cannot be checked: {error}") from None
    finally:
        await database.close()


async def _examine(database: Database, rounds: int, large: int) -> Examination:
    rows = await database.read(row_counts)
    missing = await database.read(_missing)
    whom = await database.read(sample)
    large_ones = {table: number for table, number in rows.items() if number > large}
    queries: list[Query] = []
    for visit in VISITS:
        queries += await _queries(database, visit, whom, rounds=rounds, large=large_ones)
    return Examination(database.dialect, rows, tuple(queries), missing)


async def _queries(
    database: Database, visit: Visit, whom: Sample, *, rounds: int, large: Mapping[str, int]
) -> list[Query]:
    """Pay a visit; one that reads everything is not repeated."""
    plans: dict[str, Plan] = {}
    for seen in await pay(database, visit, whom, explaining=True):
        plans.setdefault(seen.statement, seen.plan or Plan("", ()))
    seconds: dict[str, list[float]] = {}
    for _ in range(1 if visit.whole else rounds):
        for seen in await pay(database, visit, whom):
            seconds.setdefault(seen.statement, []).append(seen.seconds)
    return [
        _query(visit, statement, plan, statistics.median(seconds.get(statement, [0.0])), large=large)
        for statement, plan in plans.items()
    ]


def _query(visit: Visit, statement: str, plan: Plan, seconds: float, *, large: Mapping[str, int]) -> Query:
    problems: list[str] = []
    if not visit.whole:
        problems = [_whole(table, large[table]) for table in plan.scanned if table in large]
        problems += [f"slower than {SLOW_S * 1000:g} ms"] if seconds > SLOW_S else []
    return Query(visit.name, statement, plan.steps, seconds, tuple(problems))


def _whole(table: str, rows: int) -> str:
    names = sorted(str(index.name) for index in metadata.tables[table].indexes)
    return (
        f"reads all of the {rows:,} rows of {table}, which has "
        f"{', '.join([*names, 'a primary key'])} to find them by: one of them is missing, or ANALYZE {table}"
    )


async def pay(database: Database, visit: Visit, whom: Sample, *, explaining: bool = False) -> list[Seen]:
    """Pay one visit, of which nothing is kept; return the statements that it ran."""
    seen: list[Seen] = []
    writes = Writes(database.dialect)

    def given(db: Connection) -> None:
        writes.first_time(db, whom.bot, visit.given)
        writes.write(db, whom.bot, visit.given)

    rehearsal = Rehearsal(database, seen.append, explaining=explaining, given=given)
    await visit.pay(SqlStore(rehearsal, whom.bot, lambda event: None), whom)
    return seen


def _missing(db: Connection) -> tuple[str, ...]:
    if db.dialect.name == "postgresql":
        name_conditions_for_postgresql()
    there = inspect(db)
    return tuple(
        _statement(db, index)
        for table in metadata.tables.values()
        for index in sorted(table.indexes, key=lambda index: str(index.name))
        if index.name not in {found["name"] for found in there.get_indexes(table.name)}
    )


def _statement(db: Connection, index: Index) -> str:
    return " ".join(str(CreateIndex(index).compile(dialect=db.dialect)).split())
