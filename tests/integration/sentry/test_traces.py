"""Transactions: what Sentry is told of where time goes, from the bytes that it would get."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine, text

from gmbot.adapters.sql.quick import fetch
from gmbot.domain.ids import BotId
from gmbot.gate.about import About, Concerning
from gmbot.gate.events import ApiCalled
from gmbot.telemetry.sentry import Reporter
from gmbot.telemetry.sentry_link import SentryOptions
from gmbot.telemetry.tracing import SentryTraces

pytestmark = pytest.mark.xdist_group("bugsink")
UNPACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "": bytes}
CANARY = "canary words that somebody wrote"


@dataclass
class Relay:
    """Takes envelopes as Sentry does, and keeps what is in them."""

    dsn: str = ""
    envelopes: list[bytes] = field(default_factory=list)

    def transactions(self) -> list[dict[str, Any]]:
        """Return every transaction that came."""
        items = (json.loads(line) for body in self.envelopes for line in body.splitlines() if line)
        return [item for item in items if item.get("type") == "transaction" and "spans" in item]


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A relay that listens."""
    kept = Relay()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.envelopes.append(UNPACK[self.headers.get("Content-Encoding", "")](body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.dsn = f"http://key@127.0.0.1:{server.server_address[1]}/1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def traced(relay: Relay, share: float) -> Iterator[SentryTraces]:
    """Yield traces that go to a relay; they have arrived afterwards."""
    options = SentryOptions(
        dsn=relay.dsn, environment="production", release="1", key=b"k", traces_share=share
    )
    reporter = Reporter(options, time.time, lambda outcome: None)
    reporter.load().join()
    yield SentryTraces(share, random=random.Random(1).random, now=time.time, loaded=lambda: reporter.loaded)
    reporter.close(30.0)


def test_a_transaction_tells_of_decisions_queries_and_calls(relay: Relay) -> None:
    """Its parts bear names and times, and neither what a query was about nor whom."""
    engine = create_engine("sqlite://")
    about = Concerning(About(bot_id=7, user_id=987654321))
    with traced(relay, 1.0) as traces, about, traces.trace("update"):
        with traces.trace("decide"):
            pass
        with engine.connect() as connection:
            connection.execute(text("SELECT :words"), {"words": CANARY})
            fetch(connection, "SELECT upper(?)", [CANARY])
        traces.listen(ApiCalled(BotId(7), "restrictChatMember", 200, 0.25, -1001234567890))
    engine.dispose()

    [transaction] = relay.transactions()
    assert transaction["transaction"] == "update"
    parts = {span["description"]: span for span in transaction["spans"]}
    assert {"decide", "SELECT ?", "SELECT upper(?)", "call restrictChatMember"} <= parts.keys()
    told = json.dumps(transaction)
    assert [word for word in (CANARY, "987654321", "1001234567890") if word in told] == []


def test_only_the_share_is_told(relay: Relay) -> None:
    """What is not sampled opens no transaction at all."""
    with traced(relay, 0.1) as traces:
        for _ in range(200):
            with traces.trace("update"):
                pass
    assert 8 <= len(relay.transactions()) <= 32


def test_a_part_of_nothing_is_nothing(relay: Relay) -> None:
    """A decision outside any piece of work that is traced is not told."""
    with traced(relay, 1.0) as traces, traces.trace("decide"):
        traces.listen(ApiCalled(BotId(7), "getMe", 200, 0.1))
    assert relay.transactions() == []
