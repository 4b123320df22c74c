"""Who is told of what."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fixtures.monitoring import ALERTMANAGER, alert_names, rules, succeeds, yaml_of

ROUTES = {"critical": "page,chat", "warning": "chat", "info": "mail"}
IN_FILES = {"smtp_auth_password", "slack_api_url", "routing_key"}


def test_the_configuration_is_valid() -> None:
    """Alertmanager reads it."""
    assert "SUCCESS" in succeeds("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize("severity", ROUTES)
def test_severity_decides_who_is_told(severity: str) -> None:
    """Critical pages and shows in the chats, a warning shows there, information comes by mail."""
    said = succeeds(
        "amtool",
        "config",
        "routes",
        "test",
        f"--config.file={ALERTMANAGER}",
        f"--verify.receivers={ROUTES[severity]}",
        f"severity={severity}",
        "alertname=GMBotAnything",
        "job=gmbot",
    )
    assert said.strip() == ROUTES[severity]


def test_every_alert_reaches_somebody() -> None:
    """Each one by the labels that its rule gives it."""
    for rule in rules():
        if "alert" in rule and rule["alert"] != "Watchdog":
            labels = [f"{name}={value}" for name, value in rule["labels"].items()]
            said = _route(f"alertname={rule['alert']}", *labels)
            assert said == ROUTES[rule["labels"]["severity"]]


def test_the_watchdog_reaches_only_who_misses_it() -> None:
    """It would wake everybody otherwise."""
    assert _route("alertname=Watchdog", "severity=info") == "heartbeat"


def test_every_way_of_telling_is_there() -> None:
    """PagerDuty, Slack, e-mail, Telegram, and the dead man's switch."""
    kinds = {kind for receiver in _config()["receivers"] for kind in receiver if kind != "name"}
    assert kinds == {
        "pagerduty_configs",
        "slack_configs",
        "email_configs",
        "telegram_configs",
        "webhook_configs",
    }


def test_secrets_are_read_from_files() -> None:
    """Except for Telegram's, which Debian 12's Alertmanager reads from none: a placeholder stands there."""
    written = dict(_leaves(_config()))
    assert not IN_FILES & written.keys()
    assert {f"{name}_file" for name in IN_FILES} <= written.keys()
    assert written["bot_token"] == "123456789:the-token-of-an-alerting-bot"


def test_being_down_hides_everything_else() -> None:
    """One page for one incident."""
    down = _config()["inhibit_rules"][0]
    assert down["source_matchers"] == ['alertname = "GMBotDown"']
    assert down["target_matchers"] == ['alertname =~ "GMBot.+"', 'alertname != "GMBotDown"']


def test_alerts_that_are_hidden_exist() -> None:
    """A name that was changed in the rules alone would hide nothing."""
    hidden = _config()["inhibit_rules"][1]["target_matchers"][0].split("(")[1].split(")")[0].split("|")
    names = alert_names()
    assert all(any(name.endswith(one.removeprefix(".+")) for name in names) for one in hidden)


def _route(*labels: str) -> str:
    said = succeeds("amtool", "config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels)
    return said.strip()


def _config() -> Any:
    return yaml_of(ALERTMANAGER)


def _leaves(tree: Any) -> list[tuple[str, Any]]:
    if isinstance(tree, dict):
        pairs = [
            (key, value) for key, value in tree.items() if key != "headers" and not isinstance(value, dict)
        ]
        return [*pairs, *(leaf for value in tree.values() for leaf in _leaves(value))]
    return [leaf for item in tree for leaf in _leaves(item)] if isinstance(tree, list) else []
