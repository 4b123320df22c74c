"""What is kept for how long, and which rows nobody needs any more."""

from __future__ import annotations

import enum

import msgspec

from gmbot.domain.hold import Hold

DAY_S = 86_400.0
UNREQUIRED_S = DAY_S
"""How long facts are kept about a channel that no group requires, or a group that is not guarded: whoever
takes a rule back and sets it again finds everybody known."""

Key = tuple[int, ...]


class Aging(enum.StrEnum):
    """What grows old, by the names of its tables."""

    MEMBERSHIPS = "memberships"
    STANDINGS = "standings"
    HOLDS = "holds"
    APPLIED_UPDATES = "applied_updates"
    AUDIT = "audit"
    SET_ASIDE = "set_aside"


class Ages(msgspec.Struct, frozen=True, kw_only=True):
    """How long each is kept, in seconds: facts since they were learnt, holds since they ended."""

    facts_s: float = 180 * DAY_S
    holds_s: float = 30 * DAY_S
    updates_s: float = 2 * DAY_S
    audit_s: float = 365 * DAY_S
    set_aside_s: float = 30 * DAY_S

    def of(self, table: Aging) -> float:
        """Return how long what is in a table is kept."""
        match table:
            case Aging.MEMBERSHIPS | Aging.STANDINGS:
                return self.facts_s
            case Aging.HOLDS:
                return self.holds_s
            case Aging.APPLIED_UPDATES:
                return self.updates_s
            case Aging.AUDIT:
                return self.audit_s
            case Aging.SET_ASIDE:
                return self.set_aside_s


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of one table, in the order of their keys: at most `limit` from the first after `after`.

    What is from before `before` (Unix seconds) goes, and before `unrequired_before` the facts about
    chats that are of no concern; never facts about a person with an active hold, nor a pardon.
    """

    table: Aging
    before: float
    unrequired_before: float = 0
    after: Key = ()
    limit: int = 100


class Pruned(msgspec.Struct, frozen=True):
    """How many rows of a page are gone, and where the next page begins; None after the last."""

    removed: int
    after: Key | None


def over_since(hold: Hold) -> float | None:
    """Return since when (Unix seconds) a hold concerns nobody; None if it still does: active, or a pardon."""
    return None if hold.active or hold.pardoned else max(hold.ended_at, hold.prompted_at)
