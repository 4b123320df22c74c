"""All that watches over GMBot, on loopback: Prometheus and Alertmanager as shipped, and who is told."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import yaml
from tests.fixtures.child import Child, free_port
from tests.fixtures.monitoring import ALERTMANAGER, ROOT, RULES

PROMETHEUS: Final = ROOT / "ops" / "prometheus" / "prometheus.yml"
WAIT: Final = "1s"
"""What stands in place of every waiting time in the shipped files; nothing else that decides is changed."""

SECRET: Final = "a-word-that-only-the-receivers-know"


@dataclass
class Receivers:
    """Stands where PagerDuty and Slack are; keeps what it is told, as (where, what)."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    url: str = ""

    def of(self, where: str) -> list[Any]:
        """Return all that was told there."""
        return [what for place, what in self.told if place == where]


@contextmanager
def receivers() -> Iterator[Receivers]:
    """Yield receivers that listen."""
    told = Receivers()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.told.append((self.path.strip("/"), json.loads(body)))
            self.send_response(202)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where everybody is: `telegram` is a Bot API server, `bot_token` and `chat` are for its receiver."""

    product: int
    receivers: str
    telegram: str
    bot_token: str
    chat: int
    prometheus: int = field(default_factory=free_port)
    alertmanager: int = field(default_factory=free_port)


def prometheus(folder: Path, where: Addresses) -> Child:
    """Return a Prometheus that watches the product, with the shipped rules."""
    config = yaml.safe_load(PROMETHEUS.read_text())
    config["global"] |= {"scrape_interval": WAIT, "evaluation_interval": WAIT}
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{where.product}"]
    managers = config["alerting"]["alertmanagers"][0]["static_configs"][0]
    managers["targets"] = [f"127.0.0.1:{where.alertmanager}"]
    (folder / "rules").mkdir()
    for path in RULES.glob("*.yml"):
        shortened = re.sub(r"(?m)^(\s+(?:for|interval): )\S+$", rf"\g<1>{WAIT}", path.read_text())
        (folder / "rules" / path.name).write_text(shortened)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    options = {
        "config.file": folder / "prometheus.yml",
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{where.prometheus}",
        "rules.alert.resend-delay": WAIT,
    }
    return _server("prometheus", folder, options)


def alertmanager(folder: Path, where: Addresses) -> Child:
    """Return an Alertmanager with the shipped routes, whose receivers are all on loopback."""
    text = re.sub(r"((?:group_wait|group_interval): )\S+", rf"\g<1>{WAIT}", ALERTMANAGER.read_text())
    config = yaml.safe_load(text)
    secrets = {"routing_key": SECRET, "slack": f"{where.receivers}/slack", "smtp": SECRET}
    for name, secret in secrets.items():
        (folder / name).write_text(secret)
    config["global"] |= {
        "smtp_smarthost": "127.0.0.1:9",
        "smtp_auth_password_file": str(folder / "smtp"),
        "slack_api_url_file": str(folder / "slack"),
    }
    named = {receiver["name"]: receiver for receiver in config["receivers"]}
    named["page"]["pagerduty_configs"][0] |= {
        "routing_key_file": str(folder / "routing_key"),
        "url": f"{where.receivers}/pagerduty",
    }
    named["chat"]["telegram_configs"][0] |= {
        "api_url": where.telegram,
        "bot_token": where.bot_token,
        "chat_id": where.chat,
    }
    named["heartbeat"]["webhook_configs"][0]["url"] = f"{where.receivers}/heartbeat"
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    options = {
        "config.file": folder / "alertmanager.yml",
        "storage.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{where.alertmanager}",
        "cluster.listen-address": "",
    }
    return _server("prometheus-alertmanager", folder, options)


def product(folder: Path, settings: Mapping[str, str]) -> Child:
    """Return `gmbot run` as a process of its own, told these settings alone, on a migrated database."""
    subprocess.run(_gmbot("migrate", settings), check=True, capture_output=True, cwd=folder)
    return Child(_gmbot("run", settings), folder, signal.SIGTERM)


def _gmbot(verb: str, settings: Mapping[str, str]) -> list[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    told = [f"{name}={value}" for name, value in {**kept, **settings}.items()]
    return ["env", "-i", *told, sys.executable, "-m", "gmbot", verb]


def answers(port: int, path: str) -> Callable[[], bool]:
    """Return whether a server says 200."""
    return lambda: _status(f"http://127.0.0.1:{port}{path}") == 200


async def becomes(met: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Return once something is so. Raises TimeoutError if it does not become so."""
    async with asyncio.timeout(within_s):
        while not met():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


def firing(port: int) -> set[str]:
    """Return the alerts that a Prometheus says are firing."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=5) as answer:
        found = json.load(answer)["data"]["alerts"]
    return {alert["labels"]["alertname"] for alert in found if alert["state"] == "firing"}


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _server(program: str, folder: Path, options: Mapping[str, object]) -> Child:
    found = shutil.which(program)
    if found is None:
        pytest.fail(
            f"{program} is missing: install Debian's package of that name, or run .ci/run, which does"
        )
    return Child([found, *(f"--{name}={value}" for name, value in options.items())], folder, signal.SIGTERM)
