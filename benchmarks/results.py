"""The table that is printed, and the file that is committed."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.table import Table

from benchmarks.figures import Figure

LATEST = Path(__file__).parent / "results" / "latest.json"


class Measured(msgspec.Struct, frozen=True):
    """A part's figures, when they were measured, and on what."""

    at: str
    python: str
    machine: str
    figures: tuple[Figure, ...]


Results = dict[str, Measured]


def latest(path: Path = LATEST) -> Results:
    """Return what was last kept of every part."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else {}


def keep(part: str, figures: Sequence[Figure], path: Path = LATEST) -> None:
    """Keep a part's figures; those of other parts stay."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="minutes")
    measured = Measured(now, platform.python_version(), _machine(), tuple(map(_rounded, figures)))
    path.parent.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode({**latest(path), part: measured}), indent=1)
    path.write_bytes(text + b"\n")


def table(part: str, figures: Sequence[Figure]) -> Table:
    """Return figures as a table."""
    shown = Table(
        title=f"{part}: GMBot on Python {platform.python_version()}, {_machine()}", title_justify="left"
    )
    shown.add_column("measure")
    for heading in ("median", "94 % between", "aim", "met", "plain bot", "better by", "× decoding"):
        shown.add_column(heading, justify="right")
    for figure in figures:
        shown.add_row(*_row(figure))
    return shown


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    bounds = f"{number(figure.low)} – {number(figure.high)}" if figure.low is not None else ""
    return (
        f"{figure.name} ({figure.note})" if figure.note else figure.name,
        f"{number(figure.value)} {figure.unit}".rstrip(),
        bounds,
        "" if figure.aim is None else f"{sign} {number(figure.aim)}",
        "" if figure.aim is None else ("yes" if figure.met else "NO"),
        number(figure.elsewhere),
        "" if figure.ratio is None else f"{number(figure.ratio)} ×",
        number(figure.floors),
    )


def number(value: float | None) -> str:
    """Return a number with as many digits as mean something; nothing for none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.3g}"


def _rounded(figure: Figure) -> Figure:
    """Four digits are more than any of them is sure of."""
    short = {
        name: float(f"{value:.4g}")
        for name in ("value", "aim", "elsewhere", "low", "high", "floors")
        if (value := getattr(figure, name)) is not None
    }
    return msgspec.structs.replace(figure, **short)


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}"
