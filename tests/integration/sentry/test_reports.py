"""What an operator finds in Sentry: real reports in a real server, without anybody's words or secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.fixtures.bugsink import Bugsink

from gmbot.adapters.sql.gathering import Spoilt
from gmbot.domain.errors import PersonProtected, TransientError, Unavailable
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.about import About, Concerning
from gmbot.gate.events import ApiCalled, QueryRan, Unforeseen, UpdateSetAside
from gmbot.telemetry.scrubbing import Scrubber
from gmbot.telemetry.sentry import REPORTS_AT_ONCE, LoggedErrors, Reporter
from gmbot.telemetry.sentry_link import SentryOptions

pytestmark = pytest.mark.xdist_group("bugsink")

TOKEN = "123456789:canary" + "x" * 30
PASSWORD = "canary-password"
WORDS = "canary words that somebody wrote"
USER, GROUP, CHANNEL = 987654321, -1001234567890, -1009876543210
KEY = b"a key"
PATIENCE_S = 30.0


class Watched:
    """A reporter, what it counted, and the reports that arrived since it began."""

    def __init__(self, bugsink: Bugsink) -> None:
        self.counted: list[str] = []
        self._bugsink = bugsink
        self._before = len(bugsink.reports())
        options = SentryOptions(
            dsn=bugsink.dsn, environment="production", release="gmbot@1.2.3", key=KEY, secrets=(PASSWORD,)
        )
        self.reporter = Reporter(options, time.time, self.counted.append)

    def arrived(self) -> list[dict[str, Any]]:
        """Tell what is waiting, however long that takes, and return what the server has of it."""
        self.reporter.close(PATIENCE_S)
        return self._bugsink.reports()[self._before :]


@pytest.fixture
def watched(bugsink: Bugsink) -> Iterator[Watched]:
    """A reporter to the server; it is closed afterwards."""
    watched = Watched(bugsink)
    yield watched
    watched.reporter.close()


def raised(error: Exception) -> Exception:
    """Return an error as it looks when it came out of a call."""
    try:
        _fail(WORDS, TOKEN, error)
    except Exception as caught:  # noqa: BLE001
        return caught
    raise AssertionError


def _fail(text: str, token: str, error: Exception) -> None:
    """Fail in a frame whose variables would tell all."""
    raise error


def test_an_error_appears_once_with_its_context(watched: Watched) -> None:
    """Which error, where it came out, in which release, about whom, and what led there."""
    about = About(bot_id=1, update_id=5, user_id=USER, group_id=GROUP, channel_id=CHANNEL)
    with Concerning(about):
        watched.reporter.listen(ApiCalled(BotId(1), "restrictChatMember", 502, 0.25, GROUP))
        watched.reporter.listen(Unforeseen("update", "KeyError", raised(KeyError("size"))))
    with Concerning(About(bot_id=1, update_id=6)):
        watched.reporter.listen(QueryRan("apply", 0.001))

    [report] = watched.arrived()
    scrubber = Scrubber(KEY)
    assert report["exception"]["values"][0]["type"] == "KeyError"
    assert (report["release"], report["environment"]) == ("gmbot@1.2.3", "production")
    assert report["user"] == {"id": scrubber.pseudonym("user", USER)}
    assert report["tags"] == {"where": "update", **scrubber.whom(about)}
    assert [crumb["message"] for crumb in report["breadcrumbs"]["values"]] == ["ApiCalled"]
    assert watched.counted == ["reported"]


HOLDERS: dict[str, Callable[[], Exception]] = {
    "token in an address": lambda: OSError(f"GET https://api.telegram.org/bot{TOKEN}/getMe failed"),
    "password": lambda: RuntimeError(f"postgresql://gmbot:{PASSWORD}@db/gmbot is not there"),
    "somebody's words": lambda: ValueError(f"cannot parse {WORDS!r}"),
    "ids": lambda: LookupError(f"no person {USER} in {GROUP}"),
    "a cause": lambda: _caused(ValueError(f"{TOKEN}: {WORDS!r}")),
}


def _caused(cause: Exception) -> Exception:
    error = RuntimeError("it broke")
    error.__cause__ = raised(cause)
    return error


@pytest.mark.parametrize("what", HOLDERS)
def test_nothing_that_is_nobodys_business_arrives(watched: Watched, what: str) -> None:
    """Neither in what an error says, nor in the variables of its frames, nor in what led to it."""
    watched.reporter.listen(Unforeseen("update", "ValueError", raised(HOLDERS[what]())))

    [report] = watched.arrived()
    told = json.dumps(report)
    assert [word for word in ("canary", str(USER), str(GROUP), "api.telegram.org") if word in told] == []


def test_what_libraries_log_as_an_error_arrives(watched: Watched) -> None:
    """As asyncio does with a task whose error nobody looked at."""
    with LoggedErrors(watched.reporter):
        logging.getLogger("some.library").error("cannot reach %s for %r", f"https://x/bot{TOKEN}", WORDS)
        logging.getLogger("some.library").warning("this is no error")
        logging.getLogger("urllib3.connectionpool").error("Sentry does not answer")

    [report] = watched.arrived()
    assert report["logentry"] == {"message": "cannot reach [url] for [quoted]"}
    assert "canary" not in json.dumps(report)


@pytest.mark.parametrize("error", [Unavailable("database"), asyncio.CancelledError()])
def test_what_was_to_be_expected_is_not_told(watched: Watched, error: BaseException) -> None:
    """An outage is no error of GMBot's: metrics and alerts tell of it."""
    watched.reporter.listen(Unforeseen("update", "Unavailable", error))
    assert watched.arrived() == []


def test_what_a_library_logs_of_it_is_not_told_either(watched: Watched) -> None:
    """As asyncio does of a task that an outage ended and whose error nobody looked at."""
    with LoggedErrors(watched.reporter):
        logging.getLogger("asyncio").error("never retrieved", exc_info=raised(Unavailable("database")))
    assert watched.arrived() == []


def set_aside(cause: Exception | None, update: int = 5) -> UpdateSetAside:
    """Return the event of an update that failed at something."""
    error = "Unreadable" if cause is None else type(cause).__name__
    return UpdateSetAside(BotId(1), UpdateId(update), "chat_member", error, "judge.py:88", 3, cause)


@pytest.mark.parametrize(
    "cause",
    [
        KeyError(WORDS),
        Spoilt(f"{WORDS!r}"),
        TransientError(f"bot{TOKEN}"),
        PersonProtected(f"no {USER}"),
        None,
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_whatever_an_update_failed_at_is_an_error(watched: Watched, cause: Exception | None) -> None:
    """Once it is set aside: also what is expected elsewhere, and what could not even be read."""
    watched.reporter.listen(set_aside(cause if cause is None else raised(cause)))

    [report] = watched.arrived()
    error = "Unreadable" if cause is None else type(cause).__name__
    told = {"where": "UpdateSetAside", "update": "chat_member", "error": error, "place": "judge.py:88"}
    bot = Scrubber(KEY).whom(About(bot_id=1))
    assert report["tags"] == {**told, "tries": "3", **bot}
    assert report["level"] == "error"
    if cause is None:
        assert report["logentry"] == {"message": "chat_member set aside: Unreadable"}
    else:
        assert report["exception"]["values"][0]["type"] == error
    assert [word for word in ("canary", str(USER)) if word in json.dumps(report)] == []
    assert watched.counted == ["reported"]


def test_updates_that_failed_at_one_error_are_each_told(watched: Watched) -> None:
    """The same object, told of a moment before: it is neither swallowed nor told twice of one update."""
    error = raised(KeyError("size"))
    watched.reporter.listen(Unforeseen("outbox", "KeyError", error))
    for update in (5, 6):
        watched.reporter.listen(set_aside(error, update))
    where = [report["tags"]["where"] for report in watched.arrived()]
    assert sorted(where) == ["UpdateSetAside", "UpdateSetAside", "outbox"]


def test_a_flood_of_errors_is_told_in_part(watched: Watched) -> None:
    """The rest is counted: neither GMBot nor Sentry is busy with nothing else."""
    for _ in range(200):
        watched.reporter.report(raised(KeyError("size")), "update")
    assert len(watched.arrived()) == REPORTS_AT_ONCE
    assert watched.counted.count("dropped") == 200 - REPORTS_AT_ONCE


@pytest.mark.parametrize("silent", [True, False], ids=["hangs", "refuses"])
def test_a_sentry_that_is_not_there_holds_up_nobody(silent: bool) -> None:
    """Reports are handed over at once; what is not delivered is counted, and a stop does not wait for it."""
    counted: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not silent:
            server.close()
        dsn = f"http://key@127.0.0.1:{port}/1"
        options = SentryOptions(dsn=dsn, environment="production", release="1", key=KEY)
        reporter = Reporter(options, time.time, counted.append)
        reporter.load().join()
        reporter.report(raised(KeyError("size")), "update")
        assert counted == ["reported"], "handed over before anybody could have answered"
        reporter.close()
    assert counted == (["reported"] if silent else ["reported", "lost"])
