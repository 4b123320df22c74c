"""Every expression that is shipped is PromQL, and names only metrics and labels that exist."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from tests.fixtures.monitoring import expressions, rules, succeeds

from gmbot.telemetry.catalogue import CATALOGUE, PROCESS, Kind, Metric

SCRAPE_LABELS = frozenset({"job", "instance"})
PROMETHEUS_OWN = {"up": SCRAPE_LABELS, "ALERTS": frozenset({"alertname"})}
SUFFIXES = {Kind.HISTOGRAM: ("_bucket", "_count", "_sum")}

_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_WORDS = frozenset({"by", "on", "and", "or", "unless", "without", "ignoring", "offset", "bool"})


def test_every_expression_is_promql(tmp_path: Path) -> None:
    """Prometheus's own parser reads them, as the rules of one file."""
    shipped = [
        {"record": f"shipped:{number}", "expr": expr} for number, (_, expr) in enumerate(expressions())
    ]
    file = tmp_path / "shipped.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "shipped", "rules": shipped}]}))
    said = succeeds("promtool", "check", "rules", file)
    assert f"SUCCESS: {len(shipped)} rules found" in said
    assert len(shipped) > 150


def test_every_metric_exists() -> None:
    """Each name is in the catalogue, recorded by a rule, or Prometheus's own."""
    known = known_metrics()
    unknown = {
        (where, name) for where, expr in expressions() for name, _ in selectors(expr) if name not in known
    }
    assert not unknown


def test_every_label_exists() -> None:
    """And every value asked for is one that the label can have."""
    wrong = [
        (where, name, label, value)
        for where, expr in expressions()
        for name, chosen in selectors(expr)
        for label, operator, value in _MATCHER.findall(chosen)
        if not possible(name, label, operator, value)
    ]
    assert not wrong


def test_whatever_is_grouped_by_exists() -> None:
    """A label that no metric of an expression has makes every group one, or matches nothing."""
    wrong = []
    for where, expr in expressions():
        names = [name for name, _ in selectors(expr)]
        labels = set().union(*(known_metrics()[name] for name in names))
        grouped = {label.strip() for group in _GROUPING.findall(expr) for label in group.split(",")}
        wrong += [(where, label) for label in grouped - labels]
    assert not wrong


def selectors(expr: str) -> Iterator[tuple[str, str]]:
    """Yield the metrics of an expression that promtool has parsed, each with what is in its braces."""
    bare = _GROUPING.sub("", re.sub(r"\{__name__=~[^}]*\}", "", expr))
    for found in _SELECTOR.finditer(_without_strings(bare)):
        name, chosen = found[1], bare[found.start(2) : found.end(2)] if found[2] else ""
        after = bare[found.end() :].lstrip()
        if name not in _WORDS and not after.startswith("(") and not _in_duration(bare, found.start()):
            yield name, chosen


def _without_strings(expr: str) -> str:
    """Blank what is quoted, without moving anything."""
    return _STRING.sub(lambda quoted: '"' + "_" * (len(quoted[0]) - 2) + '"', expr)


def _in_duration(expr: str, at: int) -> bool:
    """Whether a letter is the unit of a number, as in 5m or 1d."""
    return at > 0 and expr[at - 1].isdigit()


@functools.cache
def known_metrics() -> dict[str, frozenset[str]]:
    """Return every name that a query may use, with the labels that its series have."""
    known = dict(PROMETHEUS_OWN)
    for metric in (*CATALOGUE, *PROCESS):
        labels = SCRAPE_LABELS | metric.labels.keys()
        if metric.kind is Kind.HISTOGRAM:
            known |= {metric.name + "_count": labels, metric.name + "_sum": labels}
            known[metric.name + "_bucket"] = labels | {"le"}
        else:
            known[metric.name] = labels
    return known | {rule["record"]: frozenset({"job"}) for rule in rules() if "record" in rule}


def possible(name: str, label: str, operator: str, value: str) -> bool:
    """Whether a series may have such a label: nobody can ask for a value that is never written."""
    if label not in known_metrics()[name]:
        return False
    metric = _declared(name)
    if label in SCRAPE_LABELS or metric is None:
        return True
    if label == "le":
        return value in {*map(str, metric.buckets), "+Inf"}
    allowed = metric.labels[label]
    if allowed is None or operator in {"!=", "!~"}:
        return True
    return any(re.fullmatch(value, one) if operator == "=~" else value == one for one in allowed)


def _declared(name: str) -> Metric | None:
    stems = {name, *(name.removesuffix(suffix) for suffix in SUFFIXES[Kind.HISTOGRAM])}
    return next((metric for metric in CATALOGUE if metric.name in stems), None)
