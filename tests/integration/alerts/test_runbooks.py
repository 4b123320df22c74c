"""Whoever is woken finds what to do: one runbook for each alert, and no other."""

from __future__ import annotations

import re

import pytest
from ops.generate.derived import derived_files
from tests.fixtures.monitoring import RUNBOOKS, alert_names, rules

LONGEST = 60
HEADINGS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def test_each_alert_has_its_runbook_and_each_runbook_its_alert() -> None:
    """Neither is forgotten when the other is added or removed."""
    assert sorted(path.stem for path in RUNBOOKS.glob("*.md")) == alert_names()


def test_each_alert_links_to_its_own_runbook() -> None:
    """The address begins with wherever the operator reads this repository."""
    for rule in rules():
        if "alert" in rule:
            expected = f"{{{{ $externalLabels.repository }}}}/docs/runbooks/{rule['alert']}.md"
            assert rule["annotations"]["runbook_url"] == expected


@pytest.mark.parametrize("alert", alert_names())
def test_the_runbook_can_be_read_at_night(alert: str) -> None:
    """Short, always in the same order, and with commands to paste."""
    lines = (RUNBOOKS / f"{alert}.md").read_text().splitlines()
    assert len(lines) < LONGEST
    assert lines[0] == f"# {alert}"
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    diagnosis = "\n".join(lines).split("## Diagnosis")[1]
    assert diagnosis.split("## Mitigation")[0].count("```sh") >= 1
    assert diagnosis.split("## Mitigation")[1].count("```sh") >= 1


@pytest.mark.parametrize("alert", alert_names())
def test_runbooks_refer_to_runbooks_that_exist(alert: str) -> None:
    """`see X.md` leads somewhere."""
    for name in re.findall(r"\b(\w+)\.md\b", (RUNBOOKS / f"{alert}.md").read_text()):
        assert (RUNBOOKS / f"{name}.md").exists()


def test_nothing_derived_has_drifted() -> None:
    """Dashboards and the table of alerts are what `python -m ops.generate` writes."""
    stale = [path.name for path, text in derived_files().items() if path.read_text() != text]
    assert not stale, "run `.venv/bin/python -m ops.generate`"
