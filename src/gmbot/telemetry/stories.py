"""Which log line each event becomes, and how loud it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec

from gmbot.gate import events
from gmbot.telemetry.catalogue import snake_case
from gmbot.telemetry.plain_structlog import structlog

DEBUG, INFO, WARNING, ERROR = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR

Loudness = Callable[[Any], int]


def _always(level: int) -> Loudness:
    return lambda event: level


def _api_called(event: events.ApiCalled) -> int:
    if event.code == 200:
        return DEBUG
    return INFO if 400 <= event.code < 500 and event.code != 429 else WARNING


LOUDNESS: Final[dict[type, Loudness]] = {
    events.UpdateHandled: lambda event: ERROR if event.outcome == "failed" else DEBUG,
    events.MembershipRecalled: _always(DEBUG),
    events.SharedMemoryAsked: lambda event: DEBUG if event.ok else INFO,
    events.MemoryMeasured: _always(DEBUG),
    events.Verified: lambda event: INFO if event.status == "error" else DEBUG,
    events.HoldPlaced: _always(INFO),
    events.HoldEnded: lambda event: WARNING if event.wrongful else INFO,
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
    events.RedisConfigured: _always(DEBUG),
    events.GroupsCounted: _always(DEBUG),
    events.RowsCounted: _always(DEBUG),
    events.RowsPruned: _always(DEBUG),
    events.DependencyChanged: lambda event: INFO if event.connected else WARNING,
    events.Unforeseen: _always(ERROR),
    events.Lifecycle: _always(INFO),
}


def listener(logger: structlog.typing.FilteringBoundLogger, level: int) -> Callable[[events.Event], None]:
    """Return what writes each event at or above `level` (logging's numbers) as one line."""
    names = {event: snake_case(event.__name__) for event in LOUDNESS}

    def write(event: events.Event) -> None:
        loudness = LOUDNESS.get(type(event))
        loud = loudness(event) if loudness else INFO
        if loud >= level:
            logger.log(loud, names.get(type(event), "unnamed_event"), **_fields(event))

    return write


def _fields(event: events.Event) -> dict[str, Any]:
    """Return what the event knows; what it does not know is left out."""
    return {name: value for name, value in msgspec.structs.asdict(event).items() if value not in (None, "")}
