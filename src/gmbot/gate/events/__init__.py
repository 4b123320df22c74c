"""What happened, as frozen values; telemetry turns them into counters and log lines, nobody else listens."""

from __future__ import annotations

from gmbot.gate.events.calls import (
    ApiCalled,
    BacklogSeen,
    IntentFailed,
    QueryRan,
    RateLimitDelayed,
    Retried,
    SendQueued,
    SendWaited,
)
from gmbot.gate.events.groups import (
    AdminActed,
    BrakePulled,
    ChannelUsability,
    GroupPaused,
    GroupsCounted,
    HoldEnded,
    HoldPlaced,
    RequestApproved,
    SweepAsked,
    SweepEnded,
)
from gmbot.gate.events.process import (
    CircuitMoved,
    CircuitsSeen,
    DatabaseUsed,
    DependencyChanged,
    ErrorReported,
    Lifecycle,
    LinesDropped,
    LoopBlocked,
    LoopLagged,
    RedisConfigured,
    RowsCounted,
    RowsPruned,
    Unforeseen,
)
from gmbot.gate.events.updates import (
    MembershipRecalled,
    MemoryMeasured,
    SharedMemoryAsked,
    UpdateHandled,
    UpdateSetAside,
    Verified,
)

__all__ = [
    "AdminActed",
    "ApiCalled",
    "BacklogSeen",
    "BrakePulled",
    "ChannelUsability",
    "CircuitMoved",
    "CircuitsSeen",
    "DatabaseUsed",
    "DependencyChanged",
    "ErrorReported",
    "Event",
    "GroupPaused",
    "GroupsCounted",
    "HoldEnded",
    "HoldPlaced",
    "IntentFailed",
    "Lifecycle",
    "LinesDropped",
    "LoopBlocked",
    "LoopLagged",
    "MembershipRecalled",
    "MemoryMeasured",
    "QueryRan",
    "RateLimitDelayed",
    "RedisConfigured",
    "RequestApproved",
    "Retried",
    "RowsCounted",
    "RowsPruned",
    "SendQueued",
    "SendWaited",
    "SharedMemoryAsked",
    "SweepAsked",
    "SweepEnded",
    "Unforeseen",
    "UpdateHandled",
    "UpdateSetAside",
    "Verified",
]

Event = (
    UpdateHandled
    | UpdateSetAside
    | MembershipRecalled
    | SharedMemoryAsked
    | MemoryMeasured
    | Verified
    | HoldPlaced
    | HoldEnded
    | RequestApproved
    | AdminActed
    | GroupPaused
    | BrakePulled
    | SweepAsked
    | SweepEnded
    | ChannelUsability
    | ApiCalled
    | RateLimitDelayed
    | SendQueued
    | SendWaited
    | QueryRan
    | IntentFailed
    | Retried
    | BacklogSeen
    | DatabaseUsed
    | LoopLagged
    | LoopBlocked
    | LinesDropped
    | RedisConfigured
    | GroupsCounted
    | RowsCounted
    | RowsPruned
    | DependencyChanged
    | CircuitMoved
    | CircuitsSeen
    | Unforeseen
    | ErrorReported
    | Lifecycle
)
