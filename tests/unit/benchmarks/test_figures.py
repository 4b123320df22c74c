"""Figures, and the file that keeps them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import Figure, sample
from benchmarks.report import BEGIN, END, report
from benchmarks.results import keep, latest


def test_a_sample_is_told_by_its_median_and_bounds() -> None:
    """Five measurements: the median, and between which values it lies."""
    figure = sample([5.0, 1.0, 3.0, 2.0, 4.0]).figure("cost", "µs", aim=3, floor=1.5)
    assert (figure.value, figure.low, figure.high, figure.floors, figure.met) == (3, 1, 5, 2, True)


def test_a_rate_must_be_at_least_its_aim() -> None:
    """More is better where a rate is promised, and the ratio says so."""
    figure = Figure("rate", 100, "/s", aim=150, elsewhere=10, at_least=True)
    assert not figure.met
    assert figure.ratio == 10


def test_what_has_no_aim_misses_none() -> None:
    """A figure that was not promised is always well."""
    assert Figure("size", 10, "MiB").met


def test_measuring_one_part_keeps_the_others(tmp_path: Path) -> None:
    """Each part is replaced by itself."""
    path = tmp_path / "latest.json"
    keep("one", [Figure("a", 1, "s")], path)
    keep("two", [Figure("b", 2.00049, "s")], path)
    keep("one", [Figure("a", 3, "s")], path)
    assert {part: of.figures[0].value for part, of in latest(path).items()} == {"one": 3, "two": 2}


def test_the_document_shows_what_was_measured_last(tmp_path: Path) -> None:
    """Figures stand between two marks; the words around them stay."""
    results, document = tmp_path / "latest.json", tmp_path / "performance.md"
    document.write_text(f"Before.\n{BEGIN}old\n{END}After.\n")
    keep("short", [Figure("the short path", 12.5, "µs", 10)], results)
    report(document, latest(results))
    text = document.read_text()
    assert "| the short path | 12.5 µs |  | ≤ 10, **missed** |" in text
    assert (text.startswith("Before.\n"), text.endswith("After.\n"), "old" in text) == (True, True, False)
