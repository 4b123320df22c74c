"""What a log line looks like, and which events become one."""

from __future__ import annotations

import io
import json
import logging
import re
import typing
import warnings

import pytest

from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId
from gmbot.gate import events
from gmbot.gate.about import About, Concerning
from gmbot.telemetry.logs import LogOptions, Logs
from gmbot.telemetry.sampling import Sampling
from gmbot.telemetry.stories import LOUDNESS, Sampled, listener

GROUP, USER, CHANNEL = GroupId(-100), UserId(5), ChannelId(-200)
NOON = 1_700_000_000.25

LOUD: list[tuple[events.Event, str, str]] = [
    (events.HoldPlaced(GROUP, USER, "not_subscribed", 0.1), "info", "hold_placed"),
    (events.HoldEnded(GROUP, USER, "qualified", lifted=True, seconds=0.1), "info", "hold_ended"),
    (events.RequestApproved(GROUP, USER, 1.0), "info", "request_approved"),
    (events.AdminActed(GROUP, USER, "protect"), "info", "admin_acted"),
    (events.GroupPaused(GROUP, "mass_flip"), "warning", "group_paused"),
    (events.GroupPaused(GROUP, None), "info", "group_paused"),
    (events.ChannelUsability(CHANNEL, usable=False, cause="kicked"), "warning", "channel_usability"),
    (events.ChannelUsability(CHANNEL, usable=True, cause=""), "info", "channel_usability"),
    (events.Verified("error", 0.1, USER, CHANNEL, "Unavailable"), "info", "verified"),
    (events.UpdateHandled(BotId(1), UpdateId(2), "message", "failed", 0.1), "error", "update_handled"),
    (events.UpdateHandled(BotId(1), UpdateId(2), "message", "stored", 0.1), "info", "update_handled"),
    (events.ApiCalled(BotId(1), "getMe", 0, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getMe", 429, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getMe", 502, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getChatMember", 400, 0.1), "info", "api_called"),
    (events.QueryRan("apply", 0.1, ok=False), "warning", "query_ran"),
    (events.IntentFailed("settle", "Unavailable", 1, 2.0), "warning", "intent_failed"),
    (events.IntentFailed("settle", "RightsMissing", 1, None), "error", "intent_failed"),
    (events.DependencyChanged("database", connected=False), "warning", "dependency_changed"),
    (events.DependencyChanged("database", connected=True), "info", "dependency_changed"),
    (events.CircuitMoved("redis", "closed", "open", "open", None, 5.0), "warning", "circuit_moved"),
    (events.CircuitMoved("redis", "open", "isolated", "isolated"), "warning", "circuit_moved"),
    (events.CircuitMoved("redis", "half_open", "closed", "closed"), "info", "circuit_moved"),
    (events.Unforeseen("dispatch", "KeyError"), "error", "unforeseen"),
    (
        events.UpdateSetAside(BotId(1), UpdateId(2), "message", "KeyError", "judge.py:1", 3),
        "error",
        "update_set_aside",
    ),
    (events.ErrorReported("dropped"), "info", "error_reported"),
    (events.Lifecycle("ready"), "info", "lifecycle"),
    (events.Lifecycle("waiting_for_telegram", "Unavailable"), "warning", "lifecycle"),
    (events.Lifecycle("misconfigured", "PORT is 1"), "error", "lifecycle"),
    (events.LinesDropped(3), "warning", "lines_dropped"),
    (events.LoopBlocked(6.0, ("gate/settle.py:12 settle",)), "error", "loop_blocked"),
]

QUIET: list[tuple[events.Event, str]] = [
    (events.MembershipRecalled(hit=True, seconds=0.1), "membership_recalled"),
    (events.Verified("verified", 0.1, USER, CHANNEL), "verified"),
    (events.ApiCalled(BotId(1), "getMe", 200, 0.1), "api_called"),
    (events.RateLimitDelayed("sendMessage", 0.1), "rate_limit_delayed"),
    (events.SendQueued("mute", 1), "send_queued"),
    (events.SendWaited("mute", 0.1, 0), "send_waited"),
    (events.QueryRan("apply", 0.1), "query_ran"),
    (events.CircuitsSeen({"redis": "closed"}), "circuits_seen"),
    (events.GroupsCounted(1, 2), "groups_counted"),
    (events.RowsCounted({"holds": 2}), "rows_counted"),
    (events.RowsPruned("holds", 2), "rows_pruned"),
]


class Book:
    """A log that can be read back."""

    def __init__(
        self, *, level: str = "INFO", as_json: bool = True, sampled: Sampled = lambda update_id: True
    ) -> None:
        self._stream = io.BytesIO()
        options = LogOptions(version="1.2.3", level=level, as_json=as_json)
        self.logs = Logs(options, self._stream, lambda: NOON)
        self.listen = listener(self.logs, sampled)

    @property
    def text(self) -> str:
        """Everything written."""
        self.logs.flush()
        return self._stream.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, typing.Any]]:
        """Everything written, parsed."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.mark.parametrize(("event", "level", "name"), LOUD)
def test_what_matters_becomes_one_line(event: events.Event, level: str, name: str) -> None:
    """Holds, releases, admin actions, failures and the process's life are told at INFO."""
    book = Book()
    book.listen(event)
    (line,) = book.lines
    assert (line["level"], line["event"]) == (level, name)


@pytest.mark.parametrize(("event", "name"), QUIET)
def test_the_ordinary_is_told_at_debug_only(event: events.Event, name: str) -> None:
    """A busy group must not fill a disk."""
    usual, chatty = Book(), Book(level="DEBUG")
    usual.listen(event)
    chatty.listen(event)
    assert usual.lines == []
    assert [(line["level"], line["event"]) for line in chatty.lines] == [("debug", name)]


def test_every_kind_of_event_has_a_line() -> None:
    """A new event must be given its loudness."""
    assert set(LOUDNESS) == set(typing.get_args(events.Event))


def test_a_line_has_the_promised_fields() -> None:
    """Log stores are set up for these names."""
    book = Book()
    book.listen(events.HoldPlaced(GROUP, USER, "not_subscribed", 0.1))
    assert book.lines == [
        {
            "timestamp": "2023-11-14T22:13:20.250Z",
            "level": "info",
            "event": "hold_placed",
            "app": "gmbot",
            "version": "1.2.3",
            "group_id": GROUP,
            "user_id": USER,
            "reason": "not_subscribed",
            "seconds": 0.1,
        }
    ]


def test_whom_a_line_is_about_reaches_it_however_deep_it_is_written() -> None:
    """A failing visit to the database knows no update; its line does."""
    book = Book()
    with Concerning(About(bot_id=1, update_id=9, user_id=USER, channel_id=CHANNEL)):
        book.listen(events.QueryRan("apply", 0.1, ok=False))
    book.listen(events.QueryRan("apply", 0.1, ok=False))
    about, nobody = book.lines
    assert [about.get(name) for name in ("bot_id", "update_id", "user_id", "group_id", "channel_id")] == [
        1,
        9,
        USER,
        None,
        CHANNEL,
    ]
    assert not {"bot_id", "update_id", "user_id", "channel_id"} & nobody.keys()


def test_what_a_line_says_itself_goes_before_what_is_worked_on() -> None:
    """A person's departure may settle somebody else."""
    book = Book()
    with Concerning(About(user_id=99, group_id=-99)):
        book.listen(events.HoldPlaced(GROUP, USER, "not_subscribed", 0.1))
    (line,) = book.lines
    assert (line["group_id"], line["user_id"]) == (GROUP, USER)


def test_a_queue_that_moves_is_about_nobody() -> None:
    """Whoever moves it works on something else."""
    book = Book(level="DEBUG")
    with Concerning(About(update_id=9)):
        book.listen(events.SendWaited("mute", 0.1, 0))
    assert "update_id" not in book.lines[0]


def test_an_updates_line_tells_what_took_how_long() -> None:
    """Waiting, handling, the database, Telegram, and how old it was: on one line."""
    book = Book()
    with Concerning(About(update_id=9)):
        for _ in range(2):
            book.listen(events.QueryRan("apply", 0.25))
        book.listen(events.ApiCalled(BotId(1), "getChatMember", 200, 0.125))
        book.listen(
            events.UpdateHandled(
                BotId(1), UpdateId(9), "chat_member", "stored", 0.7500001, lag_s=1.5, waited_s=0.0625
            )
        )
    (line,) = book.lines
    took = {name: line[name] for name in ("queries", "store_s", "calls", "call_s")}
    assert took == {"queries": 2, "store_s": 0.5, "calls": 1, "call_s": 0.125}
    assert (line["waited_s"], line["seconds"], line["lag_s"]) == (0.0625, 0.75, 1.5)


def test_an_unforeseen_error_tells_where_it_came_from_and_not_what_it_quotes() -> None:
    """Its text may hold what somebody wrote; the places in the code hold nothing of the kind."""
    book = Book()
    try:
        dict[str, str]()["what Sam wrote"]
    except KeyError as error:
        book.listen(events.Unforeseen("update", "KeyError", error))
    (line,) = book.lines
    assert "Sam" not in book.text
    assert re.fullmatch(r"unit/telemetry/test_logs.py:\d+ test_an_unforeseen_\w+", line["trace"][-1])


@pytest.mark.parametrize("outcome", ["passed", "ignored"])
def test_of_ordinary_updates_a_share_is_told(outcome: str) -> None:
    """Which ones, their ids decide."""
    book = Book(sampled=lambda update_id: update_id % 10 == 0)
    for number in range(100):
        book.listen(events.UpdateHandled(BotId(1), UpdateId(number), "message", outcome, 0.1))
    assert [line["update_id"] for line in book.lines] == list(range(0, 100, 10))


@pytest.mark.parametrize("outcome", ["stored", "failed", "duplicate"])
def test_of_any_other_update_every_one_is_told(outcome: str) -> None:
    """Sampling leaves out nothing that anybody would look for."""
    book = Book(sampled=lambda update_id: False)
    book.listen(events.UpdateHandled(BotId(1), UpdateId(2), "message", outcome, 0.1))
    assert len(book.lines) == 1


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_share_of_updates_is_that_share_of_a_burst(share: float) -> None:
    """Ids come one after the other, and the share is kept all the same; the same ones every time."""
    sampled = Sampling(share)
    chosen = [number for number in range(5_000_000, 5_010_000) if sampled(number)]
    assert len(chosen) == pytest.approx(10_000 * share, abs=50)
    assert all(map(Sampling(share), chosen))


def test_the_level_may_change_at_any_time() -> None:
    """For as long as somebody looks closely."""
    book = Book()
    query = events.QueryRan("apply", 0.1)
    book.listen(query)
    book.logs.toggle()
    book.listen(query)
    book.logs.logger.debug("looked")
    book.logs.toggle()
    book.listen(query)
    book.logs.logger.debug("looked")
    assert [line["event"] for line in book.lines] == ["query_ran", "looked"]


def test_warnings_of_python_take_the_same_road() -> None:
    """A line that is no JSON would break whoever reads them."""
    book = Book()
    with book.logs, warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("something is old", DeprecationWarning, stacklevel=1)
    (line,) = book.lines
    assert (line["event"], line["logger"]) == ("library_log", "py.warnings")


def test_libraries_take_the_same_road() -> None:
    """The standard library's records become lines of the same form, their words in a field."""
    book = Book()
    with book.logs:
        logging.getLogger("uvicorn.error").warning("%d connections", 3)
    (line,) = book.lines
    assert (line["event"], line["logger"], line["message"]) == (
        "library_log",
        "uvicorn.error",
        "3 connections",
    )
    assert (line["level"], line["app"]) == ("warning", "gmbot")


def test_the_standard_librarys_loggers_are_given_back() -> None:
    """After closing, nothing of GMBot is left in the process's logging."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    with Book().logs:
        assert root.handlers != before[0]
    assert (list(root.handlers), root.level) == before


def test_a_traceback_is_a_field() -> None:
    """An exception stays on its line."""
    book = Book()
    book.logs.logger.error("failed", exc_info=ValueError("why"))
    (line,) = book.lines
    assert line["exception"].endswith("ValueError: why")


def test_people_get_aligned_lines() -> None:
    """In development a line starts with the time, the level and the event."""
    book = Book(as_json=False)
    book.listen(events.HoldPlaced(GROUP, USER, "not_subscribed", 0.1))
    assert re.match(r"2023-11-14T22:13:20\.250Z \[info     \] hold_placed +app=gmbot", book.text)
