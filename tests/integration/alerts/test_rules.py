"""The alert rules, judged by Prometheus's own tools: they fire when they must, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures.monitoring import RULE_TESTS, RULES, alert_names, rules, succeeds, yaml_of

from gmbot.telemetry.catalogue import CATALOGUE

ALWAYS_FIRES = "Watchdog"
SEVERITIES = {"critical", "warning", "info"}
ASKED_FOR = {
    "GMBotDatabaseDown",
    "GMBotHighErrorRate",
    "GMBotHighLatency",
    "GMBotRedisDown",
    "GMBotLowCacheHitRate",
    "GMBotSlowDatabaseQueries",
    "GMBotHighRateLimitDelays",
    "GMBotNoActiveGroups",
    "GMBotLowThroughput",
    "GMBotDown",
    "GMBotWrongfulHold",
    "GMBotUpdatesBacklog",
    "GMBotWebhookErrors",
    "GMBotGroupsPaused",
    "GMBotSendQueueStuck",
    "GMBotCircuitOpen",
    ALWAYS_FIRES,
}


def test_the_rules_are_valid() -> None:
    """Prometheus reads every file, and the configuration that names them."""
    succeeds("promtool", "check", "rules", *sorted(RULES.glob("*.yml")))
    succeeds("promtool", "check", "config", RULES.parent / "prometheus.yml")


@pytest.mark.parametrize("alert", alert_names())
def test_the_alert_fires_when_it_must(alert: str) -> None:
    """And stays silent otherwise: the cases are told in its file, annotations included."""
    succeeds("promtool", "test", "rules", RULE_TESTS / f"{alert}.yml")


@pytest.mark.parametrize("alert", alert_names())
def test_every_alert_has_enough_cases(alert: str) -> None:
    """At least two in which it fires, and three in which it does not."""
    firing, silent = _cases(RULE_TESTS / f"{alert}.yml", alert)
    assert firing >= 2
    assert silent >= 3 or alert == ALWAYS_FIRES


def _cases(path: Path, alert: str) -> tuple[int, int]:
    """Return how many cases of an alert fire and how many are wholly silent."""
    firing = silent = 0
    for case in yaml_of(path)["tests"]:
        asked = case["alert_rule_test"]
        assert all(moment["alertname"] == alert for moment in asked)
        fires = any(moment["exp_alerts"] for moment in asked)
        firing, silent = firing + fires, silent + (not fires)
    return firing, silent


def test_no_test_is_left_over() -> None:
    """Each file of cases is an alert's."""
    assert sorted(path.stem for path in RULE_TESTS.glob("*.yml")) == alert_names()


def test_every_promised_alert_exists() -> None:
    """Operators were told of these."""
    assert set(alert_names()) >= ASKED_FOR


def test_every_alert_says_what_people_need() -> None:
    """How bad it is, in a line, in a sentence, and what to do."""
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in SEVERITIES
            assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}


def test_burn_rates_are_the_four_usual_ones() -> None:
    """Each objective has a window for a fire, a leak, and two slow drips."""
    burns: dict[str, dict[str, tuple[str, str]]] = {}
    for rule in rules():
        if slo := rule.get("labels", {}).get("slo"):
            labels = rule["labels"]
            burns.setdefault(slo, {})[labels["burn"]] = (labels["window"], labels["severity"])
    expected = {
        "14.4": ("1h", "critical"),
        "6": ("6h", "critical"),
        "3": ("1d", "warning"),
        "1": ("3d", "warning"),
    }
    assert burns == dict.fromkeys(("verdict", "hold", "release"), expected)


def test_objectives_end_on_a_bucket() -> None:
    """5 s and 3 s can only be told exactly where a bucket ends."""
    buckets = {metric.name: metric.buckets for metric in CATALOGUE}
    assert 5.0 in buckets["bot_time_to_hold_seconds"]
    assert 3.0 in buckets["bot_time_to_release_seconds"]
    assert 0.5 in buckets["bot_update_handling_seconds"]
