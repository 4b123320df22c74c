"""Whether memory may be believed: asked for each message, so it is told rather than worked out."""

from __future__ import annotations

import math


class Trust:
    """Nothing can have been missed from `since` until `lease_s` seconds after the last sign of life.

    Signs of life are two: what was asked at `heard_at` was answered on the connection that tells news, and
    what was written at `written_at` was accepted. All are moments in monotonic seconds.
    """

    __slots__ = ("heard_at", "lease_s", "since", "written_at")

    def __init__(self, lease_s: float) -> None:
        self.lease_s = lease_s
        self.lose()

    def lose(self) -> None:
        """Believe nothing until further notice."""
        self.since = math.inf
        self.heard_at = -math.inf
        self.written_at = -math.inf

    @property
    def until(self) -> float:
        """Up to which moment everything that anybody told was heard."""
        return min(self.heard_at, self.written_at)

    def holds(self, now: float) -> bool:
        """Whether memory may be believed now."""
        oldest = now - self.lease_s
        return self.since <= now and self.heard_at > oldest and self.written_at > oldest
