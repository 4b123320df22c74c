"""`gmbot db-check`: how the database finds what every query looks for, as a table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gmbot.adapters.sql.check import Examination, Query, examine
from gmbot.domain.errors import ConfigurationError
from gmbot.settings import Secret, sqlite_file

__all__ = ["checked", "show"]

_SHOWN = 60


async def checked(url: Secret) -> Examination:
    """Examine the database; raises ConfigurationError where there is none, rather than making one."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        raise ConfigurationError(
            "DATABASE_URL names an SQLite file that does not exist: run `gmbot migrate`, or mend DATABASE_URL"
        )
    return await examine(url.reveal())


def show(seen: Examination, console: Console | None = None) -> None:
    """Print every query with its plan and its time, then what is wrong."""
    console = console or Console()
    table = Table(title=f"gmbot db-check, {seen.dialect}", caption=_sizes(seen))
    table.add_column("")
    table.add_column("Visit", no_wrap=True)
    table.add_column("Query")
    table.add_column("Plan")
    table.add_column("Median", justify="right", no_wrap=True)
    for query in seen.queries:
        mark = Text("no", "bold red") if query.problems else Text("ok", "green")
        table.add_row(
            mark, Text(query.visit), Text(_short(query)), Text(query.plan), f"{query.seconds * 1000:.2f} ms"
        )
    console.print(table)
    for problem in problems(seen):
        console.print(Text(problem, "bold red"), soft_wrap=True)
    if seen.well:
        console.print(Text("Every query finds its rows by an index.", "green"))


def problems(seen: Examination) -> list[str]:
    """Return what is wrong, one sentence each."""
    missing = [f"An index is missing; make it with: {statement};" for statement in seen.missing]
    return missing + [f"{query.visit}: {problem}." for query in seen.queries for problem in query.problems]


def _short(query: Query) -> str:
    text = query.statement
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _sizes(seen: Examination) -> str:
    return ", ".join(f"{table} {rows:,}" for table, rows in seen.rows.items())
