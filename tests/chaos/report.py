"""What was seen, as tables in docs/robustness.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.chaos.cells import Seen
from tests.chaos.kills import Toll

PAGE = Path(__file__).parents[2] / "docs" / "robustness.md"


def write(section: str, text: str, page: Path = PAGE) -> None:
    """Replace what the page says between the marks of a section."""
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, mark, rest = page.read_text().partition(begin)
    _, other, after = rest.partition(end)
    if not mark or not other:
        raise ValueError(f"{page} has no section {section}")
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def matrix_table(seen: Sequence[Seen]) -> str:
    """Return one line for each cell."""
    head = (
        "| dependency | trouble | when | free again after | all settled after | healthy after | "
        "told after | calls ×  | stop | said meanwhile |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(map(_line, seen))


def _line(seen: Seen) -> str:
    cell = seen.cell
    told = "–" if seen.told_s is None else f"{seen.told_s:.1f} s"
    figures = (
        f"{max(seen.worst_free_s, 0.0):.1f} s | {seen.settled_s:.1f} s | {seen.healthy_s:.1f} s | {told}"
    )
    said = ", ".join(sorted(seen.health)) or "–"
    if seen.story:
        return f"| {cell.dependency} | {cell.trouble} | {cell.phase} | **{seen.story}** | | | | | | |\n"
    return (
        f"| {cell.dependency} | {cell.trouble} | {cell.phase} | {figures} | {seen.ratio:.2f} | "
        f"{seen.stopped_s:.1f} s | {said} |\n"
    )


def toll_line(what: str, engine: str, toll: Toll, seeds: Sequence[int]) -> str:
    """Return one line about kills or stops on one database."""
    slowest = max(toll.out_s, default=0.0)
    out = f"{slowest:.1f} s" if slowest else "–"
    return (
        f"| {what} | {engine} | {toll.times} | {seeds[0]}–{seeds[-1]} | {toll.updates} | {toll.taps} | "
        f"{max(toll.worst_free_s, 0.0):.1f} s | {toll.settled_s:.1f} s | {out} | {toll.spare_prompts} |\n"
    )


TOLL_HEAD = (
    "| what | database | times | seeds | updates | taps | free again after | all settled after | "
    "slowest stop | prompts left over |\n|---|---|---|---|---|---|---|---|---|---|\n"
)
