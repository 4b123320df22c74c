"""What is stored of people, by key: the reads that come with every update."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from sqlalchemy import Connection

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.database import Database
from gmbot.adapters.sql.gathering import Gathering
from gmbot.adapters.sql.quick import Quick, fetch
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.gate.changes import LearntMembership
from gmbot.gate.ports import PersonRecord

TOGETHER: Final = 100
LANES: Final = 2
"""So that one slow answer of PostgreSQL's does not keep everybody waiting."""

_HOLD_OF: Final = "SELECT body FROM holds WHERE bot_id = ? AND group_id = ? AND user_id = ?"
_STANDING_OF: Final = """
SELECT at, source, sequence, status, present, until, allowed, changed_by
FROM standings WHERE bot_id = ? AND group_id = ? AND user_id = ?"""
_MEMBERSHIP_OF: Final = """
SELECT at, source, sequence, state
FROM memberships WHERE bot_id = ? AND user_id = ? AND channel_id = ?"""
_PEOPLE: Final = """
SELECT h.body, s.at, s.source, s.sequence, s.status, s.present, s.until, s.allowed, s.changed_by,
    m.at, m.source, m.sequence, m.state
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS p (group_id, user_id, channel_id, place)
LEFT JOIN holds h ON h.bot_id = $1 AND h.group_id = p.group_id AND h.user_id = p.user_id
LEFT JOIN standings s ON s.bot_id = $1 AND s.group_id = p.group_id AND s.user_id = p.user_id
LEFT JOIN memberships m ON m.bot_id = $1 AND m.user_id = p.user_id AND m.channel_id = p.channel_id
ORDER BY p.place"""
_MEMBERSHIPS: Final = """
SELECT m.user_id, m.channel_id, m.at, m.source, m.sequence, m.state
FROM unnest($2::bigint[], $3::bigint[]) AS p (user_id, channel_id)
JOIN memberships m ON m.bot_id = $1 AND m.user_id = p.user_id AND m.channel_id = p.channel_id"""


class Asked(NamedTuple):
    """Of whom something is asked: in a group, and in channels."""

    group: GroupId
    user: UserId
    channels: Sequence[ChannelId] = ()


class People:
    """One bot's people. On PostgreSQL those who are asked about at the same time are found by one query."""

    def __init__(self, database: Database, bot: BotId) -> None:
        self._database = database
        self._bot = bot
        self._gathering: Gathering[Asked, PersonRecord] | None = None
        if database.dialect == "postgresql":
            self._gathering = Gathering(self._many, fits=_most, lanes=LANES)

    async def ask(self, asked: Asked) -> PersonRecord:
        """Return what is stored of somebody. Raises Unavailable when it cannot be read."""
        if self._gathering is not None:
            return await self._gathering.ask(asked)
        return await self._database.read(Quick(lambda db: _one(db, self._bot, asked)))

    async def _many(self, asked: Sequence[Asked]) -> Sequence[PersonRecord]:
        return await self._database.read(Quick(lambda db: _several(db, self._bot, asked)))


def _most(asked: Sequence[Asked]) -> int:
    return min(len(asked), TOGETHER)


def _one(db: Connection, bot: BotId, asked: Asked) -> PersonRecord:
    place = (bot, asked.group, asked.user)
    hold, standing = fetch(db, _HOLD_OF, place), fetch(db, _STANDING_OF, place)
    facts = {
        channel: rows.as_membership(found[0])
        for channel in asked.channels
        if (found := fetch(db, _MEMBERSHIP_OF, (bot, asked.user, channel)))
    }
    return PersonRecord(
        hold=rows.as_hold(hold[0][0]) if hold else None,
        standing=rows.as_standing(standing[0]) if standing else None,
        memberships=facts,
    )


def _several(db: Connection, bot: BotId, asked: Sequence[Asked]) -> list[PersonRecord]:
    """A person has a line for each channel, and the first of them tells of the group."""
    lines = [
        (one.group if number == 0 else None, one.user, channel)
        for one in asked
        for number, channel in enumerate(one.channels or (None,))
    ]
    found = iter(fetch(db, _PEOPLE, (bot, *map(list, zip(*lines, strict=True)))))
    return [_record(one, list(islice(found, len(one.channels) or 1))) for one in asked]


def _record(asked: Asked, found: Sequence[Sequence[object]]) -> PersonRecord:
    first = found[0]
    return PersonRecord(
        hold=rows.as_hold(str(first[0])) if first[0] is not None else None,
        standing=rows.as_standing(first[1:9]) if first[1] is not None else None,
        memberships={
            channel: rows.as_membership(line[9:])
            for channel, line in zip(asked.channels, found, strict=False)
            if line[9] is not None
        },
    )


def memberships_of(
    db: Connection, bot: BotId, pairs: Sequence[tuple[UserId, ChannelId]]
) -> list[LearntMembership]:
    """Return what is stored of each of these people in the channel named with them."""
    if db.dialect.name == "sqlite":
        # SQLite has no `unnest`; a statement of its own for each costs no journey there.
        found = [
            (*pair, *line) for pair in pairs for line in fetch(db, _MEMBERSHIP_OF, (bot, pair[0], pair[1]))
        ]
    else:
        users, channels = [user for user, _ in pairs], [channel for _, channel in pairs]
        found = [tuple(line) for line in fetch(db, _MEMBERSHIPS, (bot, users, channels))]
    return [
        LearntMembership(UserId(line[0]), ChannelId(line[1]), rows.as_membership(line[2:])) for line in found
    ]
