"""What is asked of the database. Every query names its bot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import (
    BigInteger,
    Connection,
    Double,
    Integer,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from gmbot.adapters.sql import rows
from gmbot.adapters.sql.quick import Compiled
from gmbot.adapters.sql.tables import (
    ACTIVE,
    NEEDED,
    TOLD,
    UNTOLD,
    audit,
    channels,
    directories,
    groups,
    holds,
    links,
    memberships,
    standings,
)
from gmbot.domain.group import Channel, Group
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership
from gmbot.domain.standing import Standing
from gmbot.gate.changes import AuditEntry
from gmbot.gate.ports import PersonRecord

_BOT = bindparam("bot", type_=BigInteger)
_GROUP = bindparam("group", type_=BigInteger)
_USER = bindparam("user", type_=BigInteger)
_LIMIT = bindparam("limit", type_=Integer)

_GROUPS = (
    select(groups, links.c.channel_id)
    .outerjoin(links, (links.c.bot_id == groups.c.bot_id) & (links.c.group_id == groups.c.group_id))
    .where(groups.c.bot_id == _BOT)
    .order_by(groups.c.group_id, links.c.position)
)
_CHANNELS = (
    select(
        channels.c.channel_id,
        channels.c.title,
        channels.c.username,
        channels.c.invite_link,
        channels.c.usable,
        channels.c.heard_since,
    )
    .where(
        channels.c.bot_id == _BOT,
        channels.c.channel_id.in_(select(links.c.channel_id).where(links.c.bot_id == _BOT)),
    )
    .order_by(channels.c.channel_id)
)
_REVISION = select(directories.c.revision).where(directories.c.bot_id == _BOT)
_MEMBERSHIPS = select(
    memberships.c.channel_id,
    memberships.c.at,
    memberships.c.source,
    memberships.c.sequence,
    memberships.c.state,
).where(
    memberships.c.bot_id == _BOT,
    memberships.c.user_id == _USER,
    memberships.c.channel_id.in_(bindparam("channels", expanding=True)),
)
_STANDING = select(
    *(column for column in standings.c if not column.primary_key),
).where(standings.c.bot_id == _BOT, standings.c.group_id == _GROUP, standings.c.user_id == _USER)
_HOLDS = select(holds.c.body).where(holds.c.bot_id == _BOT)
_HOLD = _HOLDS.where(holds.c.group_id == _GROUP, holds.c.user_id == _USER)
_HOLDS_IN = (
    _HOLDS.where(holds.c.group_id == _GROUP, holds.c.user_id > bindparam("after"), ACTIVE)
    .order_by(holds.c.user_id)
    .limit(_LIMIT)
)
_PROMPTS = (
    select(holds.c.prompt_id)
    .where(holds.c.bot_id == _BOT, holds.c.group_id == _GROUP, TOLD)
    .group_by(holds.c.prompt_id)
    .having(
        or_(
            func.max(holds.c.prompted_at) >= bindparam("since", type_=Double),
            func.max(case((NEEDED, 1), else_=0)) == 0,
        )
    )
)
_TOLD = Compiled(
    _HOLDS.where(holds.c.group_id == _GROUP, TOLD, holds.c.prompt_id.in_(_PROMPTS)).order_by(holds.c.user_id)
)
_UNTOLD = Compiled(
    _HOLDS.where(holds.c.group_id == _GROUP, holds.c.prompted_at <= bindparam("before"), UNTOLD)
    .order_by(holds.c.prompted_at, holds.c.at, holds.c.user_id)
    .limit(_LIMIT)
)
_HOLDS_OF = Compiled(_HOLDS.where(holds.c.user_id == _USER, ACTIVE).order_by(holds.c.group_id))
_COUNT_HOLDS = select(func.count()).select_from(holds).where(holds.c.bot_id == _BOT, ACTIVE)
_AUDIT = (
    select(
        audit.c.at,
        audit.c.group_id,
        audit.c.actor_id,
        audit.c.action,
        audit.c.subject_id,
        audit.c.detail,
    )
    .where(audit.c.bot_id == _BOT, audit.c.group_id == _GROUP)
    .order_by(audit.c.entry_id.desc())
    .limit(_LIMIT)
)
_PING = select(literal_column("1", Integer))


def all_groups(db: Connection, bot: BotId) -> list[Group]:
    """Return every guarded group by id, each with its channels in the rule's order."""
    found = db.execute(_GROUPS, {"bot": bot}).all()
    return [_one_group(list(lines)) for _, lines in groupby(found, attrgetter("group_id"))]


def _one_group(lines: Sequence[rows.AnyRow]) -> Group:
    required = (ChannelId(line.channel_id) for line in lines if line.channel_id is not None)
    return rows.as_group(lines[0], required)


def all_channels(db: Connection, bot: BotId) -> list[Channel]:
    """Return every channel that a guarded group requires, by id."""
    return [Channel(*row) for row in db.execute(_CHANNELS, {"bot": bot})]


def revision_of(db: Connection, bot: BotId) -> int:
    """Return how often groups and channels were changed."""
    return db.execute(_REVISION, {"bot": bot}).scalar_one_or_none() or 0


def memberships_of(
    db: Connection, bot: BotId, user: UserId, among: Sequence[ChannelId]
) -> dict[ChannelId, Membership]:
    """Return what is known of a person in these channels."""
    if not among:
        return {}
    found = db.execute(_MEMBERSHIPS, {"bot": bot, "user": user, "channels": list(among)})
    return {ChannelId(row[0]): rows.as_membership(row[1:]) for row in found}


def standing_of(db: Connection, bot: BotId, group: GroupId, user: UserId) -> Standing | None:
    """Return what a person was last known to be in a group."""
    row = db.execute(_STANDING, {"bot": bot, "group": group, "user": user}).one_or_none()
    return None if row is None else rows.as_standing(row)


def hold_of(db: Connection, bot: BotId, group: GroupId, user: UserId) -> Hold | None:
    """Return a person's hold in a group, active or ended."""
    body = db.execute(_HOLD, {"bot": bot, "group": group, "user": user}).scalar_one_or_none()
    return None if body is None else rows.as_hold(body)


def person(
    db: Connection, bot: BotId, group: GroupId, user: UserId, channels: Sequence[ChannelId]
) -> PersonRecord:
    """Return a person's hold, standing and memberships."""
    return PersonRecord(
        hold=hold_of(db, bot, group, user),
        standing=standing_of(db, bot, group, user),
        memberships=memberships_of(db, bot, user, channels) if channels else {},
    )


def holds_in(db: Connection, bot: BotId, group: GroupId, after: UserId, limit: int) -> list[Hold]:
    """Return a group's active holds by user id, from the first greater than `after`."""
    found = db.execute(_HOLDS_IN, {"bot": bot, "group": group, "after": after, "limit": limit})
    return [rows.as_hold(body) for body in found.scalars()]


def told(db: Connection, bot: BotId, group: GroupId, since: float) -> list[Hold]:
    """Return whom a group's prompts name that concern nobody any more, or that were added to since."""
    return [rows.as_hold(line[0]) for line in _TOLD(db, {"bot": bot, "group": group, "since": since})]


def untold(db: Connection, bot: BotId, group: GroupId, before: float, limit: int) -> list[Hold]:
    """Return the placed holds whose people are to be told, longest waiting first."""
    found = _UNTOLD(db, {"bot": bot, "group": group, "before": before, "limit": limit})
    return [rows.as_hold(line[0]) for line in found]


def holds_of(db: Connection, bot: BotId, user: UserId) -> list[Hold]:
    """Return a person's active holds, by group id."""
    return [rows.as_hold(line[0]) for line in _HOLDS_OF(db, {"bot": bot, "user": user})]


def count_holds(db: Connection, bot: BotId) -> int:
    """Return how many holds are active."""
    return db.execute(_COUNT_HOLDS, {"bot": bot}).scalar_one()


def audit_of(db: Connection, bot: BotId, group: GroupId, limit: int) -> list[AuditEntry]:
    """Return the last entries about a group, newest first."""
    return [AuditEntry(*row) for row in db.execute(_AUDIT, {"bot": bot, "group": group, "limit": limit})]


def ping(db: Connection) -> None:
    """Return if the database answers."""
    db.execute(_PING)
