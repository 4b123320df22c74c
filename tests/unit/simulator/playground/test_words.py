"""Texts, metrics and charts: what the page makes of plain values."""

from __future__ import annotations

from gmbot.simulator.playground.beliefs import Sample, read_metrics
from gmbot.simulator.playground.charts import WIDTH, charts
from gmbot.simulator.playground.markup import render
from gmbot.simulator.playground.render import ago


def entity(kind: str, offset: int, length: int) -> dict[str, object]:
    """A MessageEntity."""
    return {"type": kind, "offset": offset, "length": length}


def test_entities_become_tags_around_escaped_text() -> None:
    """What is bold is bold, and nothing that somebody wrote is markup."""
    text = "<b> & you"
    assert render(text, [entity("bold", 0, 3)]) == '<strong class="e-bold">&lt;b&gt;</strong> &amp; you'


def test_offsets_count_utf16_units() -> None:
    """An emoji counts two."""
    assert render("🎉 go", [entity("code", 3, 2)]) == '🎉 <code class="e-code">go</code>'


def test_entities_may_overlap() -> None:
    """Where two lie over each other, both tags are there."""
    found = render("abc", [entity("bold", 0, 2), entity("italic", 1, 2)])
    assert found.striptags() == "abc"
    assert found.count("<strong") == 2
    assert found.count("<em") == 2


def test_unknown_entities_and_none_leave_the_text() -> None:
    """A newer Telegram's entities are passed over."""
    assert render("abc", [entity("hologram", 0, 3)]) == render("abc", None) == "abc"


def test_metrics_are_summed_over_their_labels() -> None:
    """Comments are passed over."""
    lines = ["# TYPE a counter", 'a_total{x="1"} 2.0', 'a_total{x="2"} 3.0', "b 1", ""]
    assert read_metrics(lines) == {"a_total": 5.0, "b": 1.0}


def test_a_chart_shows_values_and_changes_per_second() -> None:
    """The newest sample is at the right edge; a counter is drawn as its rate."""
    samples = [Sample(10.0 + n, {"bot_holds_active": n, "bot_updates_total": 5.0 * n}) for n in range(3)]
    held, updates, *_ = charts(samples)
    assert held.value == "2"
    assert held.points.split()[-1].startswith(f"{WIDTH:.1f},")
    assert updates.value == "5"


def test_charts_without_samples_are_empty() -> None:
    """Before the first look there is nothing to draw."""
    assert {chart.points for chart in charts([])} == {""}


def test_how_long_ago_is_told_in_a_word_or_two() -> None:
    """Moments, seconds, minutes."""
    assert [ago(None), ago(0.4), ago(75), ago(600)] == ["", "just now", "75 s ago", "10 min ago"]
