"""The table of alerts in docs/alerting.md, drawn from the rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

BEGIN, END = "<!-- alerts: begin -->", "<!-- alerts: end -->"
HEAD = "| alert | severity | after | what it says |\n|---|---|---|---|"


def with_table(page: str, rules: Path) -> str:
    """Return `page` with the alerts of the rule files in `rules` between its two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    rows = [_row(alert) for alert in alerts(rules)]
    return "\n".join((f"{before}{BEGIN}", HEAD, *rows, f"{END}{after}"))


def alerts(rules: Path) -> Iterator[dict[str, Any]]:
    """Yield every alerting rule, as the files have it, in their order."""
    for path in sorted(rules.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


def _row(alert: dict[str, Any]) -> str:
    name, labels = alert["alert"], alert["labels"]
    after = labels.get("window") or alert.get("for", "at once")
    link = f"[{name}](runbooks/{name}.md)"
    return f"| {link} | {labels['severity']} | {after} | {alert['annotations']['summary']} |"
