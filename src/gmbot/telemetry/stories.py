"""Which log line each event becomes, and how loud it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec

from gmbot.gate import events
from gmbot.gate.about import NOTHING, Concerning, about
from gmbot.telemetry.catalogue import snake_case
from gmbot.telemetry.logs import Logs, trace_of

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

Loudness = Callable[[Any], int]
Sampled = Callable[[int], bool]


def _always(level: int) -> Loudness:
    return lambda event: level


def _api_called(event: events.ApiCalled) -> int:
    if event.code == 200:
        return DEBUG
    return INFO if 400 <= event.code < 500 and event.code != 429 else WARNING


TROUBLE: Final = {
    "contested": WARNING,
    "misconfigured": ERROR,
    "waiting_for_database": WARNING,
    "waiting_for_telegram": WARNING,
}
"""Stages of the process's life at which somebody should look."""

LOUDNESS: Final[dict[type, Loudness]] = {
    events.UpdateHandled: lambda event: ERROR if event.outcome == "failed" else INFO,
    events.UpdateSetAside: _always(ERROR),
    events.MembershipRecalled: _always(DEBUG),
    events.SharedMemoryAsked: lambda event: DEBUG if event.ok else INFO,
    events.MemoryMeasured: _always(DEBUG),
    events.Verified: lambda event: INFO if event.status == "error" else DEBUG,
    events.HoldPlaced: _always(INFO),
    events.HoldEnded: lambda event: WARNING if event.wrongful else INFO,
    events.RequestApproved: _always(INFO),
    events.AdminActed: _always(INFO),
    events.GroupPaused: lambda event: WARNING if event.reason else INFO,
    events.BrakePulled: _always(WARNING),
    events.SweepAsked: _always(DEBUG),
    events.SweepEnded: _always(INFO),
    events.ChannelUsability: lambda event: INFO if event.usable else WARNING,
    events.ApiCalled: _api_called,
    events.RateLimitDelayed: _always(DEBUG),
    events.SendQueued: _always(DEBUG),
    events.SendWaited: _always(DEBUG),
    events.QueryRan: lambda event: DEBUG if event.ok else WARNING,
    events.IntentFailed: lambda event: ERROR if event.retry_in_s is None else WARNING,
    events.Retried: _always(DEBUG),
    events.BacklogSeen: lambda event: WARNING if event.webhook_failures else DEBUG,
    events.DatabaseUsed: _always(DEBUG),
    events.LoopLagged: _always(DEBUG),
    events.LoopBlocked: _always(ERROR),
    events.LinesDropped: _always(WARNING),
    events.RedisConfigured: _always(DEBUG),
    events.GroupsCounted: _always(DEBUG),
    events.RowsCounted: _always(DEBUG),
    events.RowsPruned: _always(DEBUG),
    events.DependencyChanged: lambda event: INFO if event.connected else WARNING,
    events.CircuitMoved: lambda event: WARNING if event.to in {"open", "isolated"} else INFO,
    events.CircuitsSeen: _always(DEBUG),
    events.Unforeseen: _always(ERROR),
    events.ErrorReported: lambda event: DEBUG if event.outcome == "reported" else INFO,
    events.Lifecycle: lambda event: TROUBLE.get(event.stage, INFO),
}


NAMES: Final = {event: snake_case(event.__name__) for event in LOUDNESS}
"""What each event is called in a line."""

ORDINARY: Final = frozenset({"passed", "ignored"})
"""Outcomes of updates at which nothing happened: only a share of them is told."""

OF_NOBODY: Final = frozenset(
    {events.RateLimitDelayed, events.SendQueued, events.SendWaited, events.DependencyChanged}
)
"""Told by whoever happens to move a queue, or to look: what they work on has nothing to do with it."""


def listener(logs: Logs, sampled: Sampled = lambda update_id: True) -> Callable[[events.Event], None]:
    """Return what writes each event that is loud enough as one line.

    `sampled` says which ordinary updates are told, by id.
    """
    tell = logs.tell

    def write(event: events.Event) -> None:
        kind = type(event)
        if kind in _COSTS:
            _COSTS[kind](event)
        loud = LOUDNESS[kind](event) if kind in LOUDNESS else INFO
        if loud < logs.level:
            return
        if isinstance(event, events.UpdateHandled):
            if event.outcome not in ORDINARY or sampled(event.update_id):
                tell(loud, NAMES[kind], _spent(_fields(event)))
        elif kind in OF_NOBODY:
            with Concerning(NOTHING):
                tell(loud, NAMES[kind], _fields(event))
        else:
            tell(loud, NAMES.get(kind, "unnamed_event"), _fields(event))

    return write


def _fields(event: events.Event) -> dict[str, Any]:
    """Return what the event knows; what it does not know is left out. Seconds are told to the microsecond.

    An error's text may hold what somebody wrote: of an error only the places in the code are told.
    """
    fields: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(event).items():
        if type(value) is int:
            fields[name] = value
        elif type(value) is float:
            fields[name] = round(value, 6)
        elif isinstance(value, BaseException):
            fields["trace"] = trace_of(value)
        elif value is not None and value != "":
            fields[name] = value
    return fields


def _add_query(event: events.QueryRan) -> None:
    spent = about().spent
    spent.queries += 1
    spent.store_s += event.seconds


def _add_call(event: events.ApiCalled) -> None:
    spent = about().spent
    spent.calls += 1
    spent.call_s += event.seconds


_COSTS: Final[dict[type, Callable[[Any], None]]] = {
    events.QueryRan: _add_query,
    events.ApiCalled: _add_call,
}


def _spent(fields: dict[str, Any]) -> dict[str, Any]:
    """Add what handling this update took of the database and of Telegram, if anything."""
    spent = about().spent
    if spent.queries:
        fields["queries"], fields["store_s"] = spent.queries, round(spent.store_s, 6)
    if spent.calls:
        fields["calls"], fields["call_s"] = spent.calls, round(spent.call_s, 6)
    return fields
