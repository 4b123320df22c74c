"""Changes of several updates as the rows of one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.writes import (
    debt_rows,
    hold_rows,
    membership_rows,
    paid_rows,
    postponed_rows,
    standing_rows,
)
from gmbot.domain.ids import BotId, UpdateId
from gmbot.gate.changes import Changes

MOST: Final = 100

PLAIN: Final = frozenset(
    {"update_id", "at", "memberships", "standings", "holds", "owed", "paid", "postponed"},
)
_RARE: Final = tuple(name for name in Changes.__struct_fields__ if name not in PLAIN)

APPLIED, MEMBERSHIPS, STANDINGS, HOLDS, PAID, POSTPONED, OWED = PARTS = (
    "applied_updates",
    "memberships",
    "standings",
    "holds",
    "paid",
    "postponed",
    "intents",
)
"""In the order in which they are written."""

Rows = Mapping[str, Sequence[rows.Values]]


def plain(changes: Changes) -> bool:
    """Whether changes are only of the kinds that come with every update: facts, holds and debts."""
    return not any(getattr(changes, name) for name in _RARE)


def fitting(waiting: Sequence[Changes]) -> int:
    """Return how many of the first may be merged: of one key, debts are paid before they are owed anew.

    A second delivery of an update waits until the first was applied, or was not.
    """
    updates: set[UpdateId | None] = set()
    touched: set[str] = set()
    for number, changes in enumerate(waiting[:MOST]):
        settled = {owed.key for owed in (*changes.paid, *changes.postponed)}
        if changes.update_id in updates or not touched.isdisjoint(settled):
            return number
        if changes.update_id is not None:
            updates.add(changes.update_id)
        touched |= settled
        touched.update(owed.key for owed in changes.owed)
    return min(len(waiting), MOST)


def merged(bot: BotId, batch: Sequence[Changes]) -> Rows:
    """Return each table's rows by key; facts, holds and debts about one key are one row."""
    found: dict[str, Sequence[rows.Values]] = {
        APPLIED: _applied_rows(bot, batch),
        MEMBERSHIPS: membership_rows(bot, [one for changes in batch for one in changes.memberships]),
        STANDINGS: standing_rows(bot, [one for changes in batch for one in changes.standings]),
        HOLDS: hold_rows(bot, [one for changes in batch for one in changes.holds]),
        PAID: paid_rows(bot, [one for changes in batch for one in changes.paid]),
        POSTPONED: postponed_rows(bot, [one for changes in batch for one in changes.postponed]),
        OWED: debt_rows(bot, [one for changes in batch for one in changes.owed]),
    }
    return {part: lines for part, lines in found.items() if lines}


def crossing(batch: Sequence[Changes]) -> bool:
    """Whether one debt is touched in two ways."""
    ways = [
        {owed.key for changes in batch for owed in changes.paid},
        {owed.key for changes in batch for owed in changes.postponed},
        {owed.key for changes in batch for owed in changes.owed},
    ]
    return sum(map(len, ways)) > len(set[str]().union(*ways))


def _applied_rows(bot: BotId, batch: Sequence[Changes]) -> list[rows.Values]:
    applied = (changes for changes in batch if changes.update_id is not None)
    found = ({"bot_id": bot, "update_id": one.update_id, "applied_at": one.at} for one in applied)
    return sorted(found, key=lambda row: row["update_id"])
