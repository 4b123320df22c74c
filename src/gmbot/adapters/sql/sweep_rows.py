"""What sweeps read and write: everybody known in a group, a page at a time, and how far a sweep is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import BigInteger, Connection, Integer, bindparam, select

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.tables import ACTIVE, groups, holds, memberships, standings, sweeps
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.gate.ports import KnownMemberships, KnownPerson, PersonRecord
from gmbot.gate.sweeps import Sweep

_SWEEP = msgspec.json.Decoder(Sweep)
_BOT = bindparam("bot", type_=BigInteger)
_GROUP = bindparam("group", type_=BigInteger)
_CHANNEL = bindparam("channel", type_=BigInteger)
_AFTER = bindparam("after", type_=BigInteger)
_LIMIT = bindparam("limit", type_=Integer)
_USERS = bindparam("users", expanding=True, type_=BigInteger)
_CHANNELS = bindparam("channels", expanding=True, type_=BigInteger)

_STANDING_THERE = (
    select(standings.c.user_id)
    .where(standings.c.bot_id == _BOT, standings.c.group_id == _GROUP, standings.c.user_id > _AFTER)
    .order_by(standings.c.user_id)
    .limit(_LIMIT)
)
_HELD_THERE = (
    select(holds.c.user_id)
    .where(holds.c.bot_id == _BOT, holds.c.group_id == _GROUP, holds.c.user_id > _AFTER, ACTIVE)
    .order_by(holds.c.user_id)
    .limit(_LIMIT)
)
_OF_CHANNEL = (
    select(memberships.c.user_id)
    .where(memberships.c.bot_id == _BOT, memberships.c.channel_id == _CHANNEL, memberships.c.user_id > _AFTER)
    .order_by(memberships.c.user_id)
    .limit(_LIMIT)
)
_STANDINGS = select(standings.c.user_id, *(column for column in standings.c if not column.primary_key)).where(
    standings.c.bot_id == _BOT, standings.c.group_id == _GROUP, standings.c.user_id.in_(_USERS)
)
_HOLDS = select(holds.c.user_id, holds.c.body).where(
    holds.c.bot_id == _BOT, holds.c.group_id == _GROUP, holds.c.user_id.in_(_USERS)
)
_MEMBERSHIPS = select(
    memberships.c.user_id,
    memberships.c.channel_id,
    memberships.c.at,
    memberships.c.source,
    memberships.c.sequence,
    memberships.c.state,
).where(
    memberships.c.bot_id == _BOT,
    memberships.c.user_id.in_(_USERS),
    memberships.c.channel_id.in_(_CHANNELS),
)
_SWEEPS = select(sweeps.c.body).where(sweeps.c.bot_id == _BOT).order_by(sweeps.c.group_id, sweeps.c.kind)
_GUARDED = select(groups.c.group_id).where(
    groups.c.bot_id == _BOT, groups.c.group_id.in_(bindparam("groups", expanding=True, type_=BigInteger))
)


class Place(NamedTuple):
    """A group with the channels that count there."""

    bot: BotId
    group: GroupId
    channels: tuple[ChannelId, ...]


def known(db: Connection, place: Place, after: UserId, limit: int) -> list[KnownPerson]:
    """Return a page of the people known in a place, by user id, from the first greater than `after`."""
    users = _users(db, place, after, limit)
    if not users:
        return []
    there = {"bot": place.bot, "group": place.group, "users": users}
    seen = {row[0]: rows.as_standing(row[1:]) for row in db.execute(_STANDINGS, there)}
    held = {row[0]: rows.as_hold(row[1]) for row in db.execute(_HOLDS, there)}
    facts = _facts(db, place, users)
    return [
        KnownPerson(user, PersonRecord(held.get(user), seen.get(user), facts.get(user, {}))) for user in users
    ]


def _users(db: Connection, place: Place, after: UserId, limit: int) -> list[UserId]:
    """Each index gives its first people in order; the first of all are among them."""
    page = {"bot": place.bot, "after": after, "limit": limit}
    found = {*db.scalars(_STANDING_THERE, {**page, "group": place.group})}
    found |= {*db.scalars(_HELD_THERE, {**page, "group": place.group})}
    for channel in place.channels:
        found |= {*db.scalars(_OF_CHANNEL, {**page, "channel": channel})}
    return sorted(found)[:limit]


def _facts(db: Connection, place: Place, users: Sequence[UserId]) -> dict[UserId, KnownMemberships]:
    facts: dict[UserId, KnownMemberships] = defaultdict(dict)
    if place.channels:
        asked = {"bot": place.bot, "users": users, "channels": place.channels}
        for row in db.execute(_MEMBERSHIPS, asked):
            facts[row[0]][ChannelId(row[1])] = rows.as_membership(row[2:])
    return facts


def all_sweeps(db: Connection, bot: BotId) -> list[Sweep]:
    """Return a bot's sweeps, by group and kind."""
    return [_SWEEP.decode(body) for body in db.scalars(_SWEEPS, {"bot": bot})]


def values(db: Connection, bot: BotId, written: Sequence[Sweep]) -> list[rows.Values]:
    """Return the rows of sweeps; one of a group that is not guarded any more is nobody's."""
    if not written:
        return []
    latest = {sweep.key: sweep for sweep in written}
    guarded = {*db.scalars(_GUARDED, {"bot": bot, "groups": sorted({group for group, _ in latest})})}
    return [_values(bot, latest[key]) for key in sorted(latest) if key[0] in guarded]


def _values(bot: BotId, sweep: Sweep) -> rows.Values:
    body = msgspec.json.encode(sweep).decode()
    return {"bot_id": bot, "group_id": sweep.group_id, "kind": sweep.kind.value, "body": body}
