"""What a log line looks like, and which events become one."""

from __future__ import annotations

import io
import json
import logging
import re
import typing

import pytest
import structlog

from gmbot.domain.ids import BotId, ChannelId, GroupId, UpdateId, UserId
from gmbot.gate import events
from gmbot.telemetry.logs import LogOptions, Logs
from gmbot.telemetry.stories import LOUDNESS, listener

GROUP, USER, CHANNEL = GroupId(-100), UserId(5), ChannelId(-200)
NOON = 1_700_000_000.25

LOUD: list[tuple[events.Event, str, str]] = [
    (events.HoldPlaced(GROUP, USER, "not_subscribed", 0.1), "info", "hold_placed"),
    (events.HoldEnded(GROUP, USER, "qualified", lifted=True, seconds=0.1), "info", "hold_ended"),
    (events.AdminActed(GROUP, USER, "protect"), "info", "admin_acted"),
    (events.GroupPaused(GROUP, "mass_flip"), "warning", "group_paused"),
    (events.GroupPaused(GROUP, None), "info", "group_paused"),
    (events.ChannelUsability(CHANNEL, usable=False, cause="kicked"), "warning", "channel_usability"),
    (events.ChannelUsability(CHANNEL, usable=True, cause=""), "info", "channel_usability"),
    (events.Verified("error", 0.1, USER, CHANNEL, "Unavailable"), "info", "verified"),
    (events.UpdateHandled(BotId(1), UpdateId(2), "message", "failed", 0.1), "error", "update_handled"),
    (events.ApiCalled(BotId(1), "getMe", 0, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getMe", 429, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getMe", 502, 0.1), "warning", "api_called"),
    (events.ApiCalled(BotId(1), "getChatMember", 400, 0.1), "info", "api_called"),
    (events.QueryRan("apply", 0.1, ok=False), "warning", "query_ran"),
    (events.IntentFailed("settle", "Unavailable", 1, 2.0), "warning", "intent_failed"),
    (events.IntentFailed("settle", "RightsMissing", 1, None), "error", "intent_failed"),
    (events.DependencyChanged("database", connected=False), "warning", "dependency_changed"),
    (events.DependencyChanged("database", connected=True), "info", "dependency_changed"),
    (events.Unforeseen("dispatch", "KeyError"), "error", "unforeseen"),
    (events.Lifecycle("ready"), "info", "lifecycle"),
]

QUIET: list[tuple[events.Event, str]] = [
    (events.UpdateHandled(BotId(1), UpdateId(2), "message", "passed", 0.1), "update_handled"),
    (events.MembershipRecalled(hit=True, seconds=0.1), "membership_recalled"),
    (events.Verified("verified", 0.1, USER, CHANNEL), "verified"),
    (events.ApiCalled(BotId(1), "getMe", 200, 0.1), "api_called"),
    (events.RateLimitDelayed("sendMessage", 0.1), "rate_limit_delayed"),
    (events.SendQueued("mute", 1), "send_queued"),
    (events.SendWaited("mute", 0.1, 0), "send_waited"),
    (events.QueryRan("apply", 0.1), "query_ran"),
    (events.GroupsCounted(1, 2), "groups_counted"),
    (events.RowsCounted({"holds": 2}), "rows_counted"),
    (events.RowsPruned("holds", 2), "rows_pruned"),
]


class Book:
    """A log that can be read back."""

    def __init__(self, *, level: str = "INFO", as_json: bool = True) -> None:
        self._stream = io.BytesIO()
        options = LogOptions(version="1.2.3", level=level, as_json=as_json)
        self.logs = Logs(options, self._stream, lambda: NOON)
        self.listen = listener(self.logs.logger, logging.getLevelNamesMapping()[level])

    @property
    def text(self) -> str:
        """Everything written."""
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


def test_context_reaches_every_line() -> None:
    """What is bound for an update shows in the lines written meanwhile."""
    book = Book()
    with structlog.contextvars.bound_contextvars(channel_id=CHANNEL):
        book.logs.logger.info("asked")
    book.logs.logger.info("asked")
    assert [line.get("channel_id") for line in book.lines] == [CHANNEL, None]


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


class FullDisk(io.RawIOBase):
    """Takes nothing."""

    def write(self, _: object) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


def test_a_full_disk_costs_lines_and_no_error() -> None:
    """A log sink's failure is counted and touches nobody."""
    logs = Logs(LogOptions(version="1"), typing.cast("typing.BinaryIO", FullDisk()), lambda: NOON)
    logs.logger.info("one")
    logs.logger.info("two")
    assert logs.dropped == 2


def test_a_closed_pipe_costs_lines_and_no_error() -> None:
    """So is a reader that went away."""
    stream = io.BytesIO()
    stream.close()
    logs = Logs(LogOptions(version="1"), stream, lambda: NOON)
    logs.logger.info("one")
    assert logs.dropped == 1
