"""Writes what was last measured into docs/performance.md: `python -m benchmarks.report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.results import Measured, Results, latest, number

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN: Final = "<!-- figures: written by python -m benchmarks.report -->\n"
END: Final = "<!-- end of figures -->\n"
SHOWN: Final = (
    "ordinary",
    "short",
    "mixed",
    "strangers",
    "footprint",
    "busy",
    "backlog",
    "observability",
    "raid",
    "instructions",
)


def main() -> int:
    """Replace the figures in the document."""
    report(DOCUMENT, latest())
    return 0


def report(document: Path, parts: Results) -> None:
    """Replace what is between the marks of a document."""
    tables = "\n".join(_table(part, parts[part]) for part in SHOWN if part in parts)
    before, _, rest = document.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    document.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


def _table(part: str, measured: Measured) -> str:
    on = f"Python {measured.python}, {measured.machine}, {measured.at}"
    head = "| measure | median | 94 % between | aim | plain bot | × decoding |\n|---|---|---|---|---|---|\n"
    return f"`make bench ARGS={part}` ({on})\n\n{head}" + "\n".join(map(_row, measured.figures)) + "\n"


def _row(figure: Figure) -> str:
    bounds = "" if figure.low is None else f"{number(figure.low)} – {number(figure.high)}"
    sign = "≥" if figure.at_least else "≤"
    missed = "" if figure.met else ", **missed**"
    aim = "" if figure.aim is None else f"{sign} {number(figure.aim)}{missed}"
    name = f"{figure.name} ({figure.note})" if figure.note else figure.name
    cells = (name, f"{number(figure.value)} {figure.unit}".rstrip(), bounds, aim)
    return f"| {' | '.join((*cells, number(figure.elsewhere), number(figure.floors)))} |"


if __name__ == "__main__":
    sys.exit(main())
