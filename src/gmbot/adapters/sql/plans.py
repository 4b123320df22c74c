"""How a database means to find the rows of a statement, in a line, and which tables it reads whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from gmbot.adapters.sql.tables import metadata

_SCAN = re.compile(r"SCAN (\w+)|SEARCH (\w+) .*\(bot_id=\?\)")
_BOTS_OWN = re.compile(r"\(bot_id = [^()]*\)")
_END_OF_INDEX = re.compile(r"\b(?:min|max)\(")
_VALUES = re.compile(r"\(?(?:\?|\$\d+(?:::\w+)?)(?:, (?:\?|\$\d+(?:::\w+)?))*\)?")


class Plan(NamedTuple):
    """The steps, and the tables of which all is read, or all that is one bot's, which may be the same."""

    steps: str
    scanned: tuple[str, ...]


def explain(db: Connection, statement: str, parameters: Any) -> Plan:
    """Return the plan of a statement, which is not run."""
    sqlite = db.dialect.name == "sqlite"
    how = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN (FORMAT JSON)"
    told = db.exec_driver_sql(f"{how} {statement}", parameters).all()
    steps, scanned = _of_sqlite([row[3] for row in told]) if sqlite else _of_postgresql(told[0][0])
    # The least or the greatest of an index is one look at its end, which SQLite's plan does not tell.
    ends = sqlite and _END_OF_INDEX.search(statement)
    read = () if ends else (name for name in scanned if name in metadata.tables and not _is_short(name))
    return Plan("; ".join(dict.fromkeys(steps)), tuple(dict.fromkeys(read)))


def _is_short(name: str) -> bool:
    """Whether a table has one row for each bot: all that is one bot's is what its key finds."""
    return len(metadata.tables[name].primary_key) == 1


def normalised(statement: str) -> str:
    """Return a statement whatever the number of its values, in one line."""
    return _VALUES.sub("?", " ".join(statement.split()))


def _of_sqlite(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    scanned = [match[1] or match[2] for line in lines if (match := _SCAN.match(line))]
    return [line for line in lines if line.startswith(("SCAN", "SEARCH"))], scanned


def _of_postgresql(told: Any) -> tuple[list[str], list[str]]:
    plan = json.loads(told) if isinstance(told, str) else told
    nodes = [node for node in _nodes(plan[0]["Plan"]) if "Scan" in node["Node Type"]]
    read = [node["Relation Name"] for node in nodes if _reads_all(node) and not node.get("End of index")]
    return [_step(node) for node in nodes], read


def _reads_all(node: dict[str, Any]) -> bool:
    """Whether a step reads a whole table; of a bitmap, the step beneath tells what was looked for."""
    if node["Node Type"] == "Seq Scan":
        return True
    looked_for = node.get("Index Cond", node.get("Recheck Cond", ""))
    return "Relation Name" in node and _BOTS_OWN.fullmatch(looked_for) is not None


def _step(node: dict[str, Any]) -> str:
    return " ".join(node[key] for key in _SHOWN if key in node)


_SHOWN: Final = ("Node Type", "Relation Name", "CTE Name", "Index Name", "Index Cond")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    first = node["Node Type"] == "Limit" and node["Plan Rows"] == 1
    for under in node.get("Plans", ()):
        # The least or the greatest of an index is its first row, unless rows are passed over until one fits.
        yield from _nodes(under | {"End of index": first and "Filter" not in under})
