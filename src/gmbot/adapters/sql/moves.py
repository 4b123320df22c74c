"""A group's new id, in every table; what exists under it already is merged with."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, literal, or_, select, update
from sqlalchemy.schema import Table

from gmbot.adapters.sql import reads, rows
from gmbot.adapters.sql.tables import audit, channels, holds, intents, memberships, standings
from gmbot.adapters.sql.writes import DROP_GROUP, DROP_UNLINKED, Writes
from gmbot.domain.hold import Hold
from gmbot.domain.ids import BotId
from gmbot.gate.changes import Moved
from gmbot.gate.intents import Owed
from gmbot.gate.merging import follow, moved_group, moved_hold


def move(db: Connection, writes: Writes, bot: BotId, moved: Moved) -> None:
    """Rename a group everywhere. Rare, and the only writes that read a bot's whole tables."""
    _move_groups(db, writes, bot, moved)
    _move_channel(db, bot, moved)
    _move_facts(db, writes, memberships, (bot, moved))
    _move_facts(db, writes, standings, (bot, moved))
    _move_holds(db, writes, bot, moved)
    _move_debts(db, writes, bot, moved)
    for column in (audit.c.group_id, audit.c.subject_id):
        same = (audit.c.bot_id == bot, column == moved.old_id)
        db.execute(update(audit).where(*same).values({column: moved.new_id}))
    db.execute(DROP_UNLINKED, {"b_bot": bot})


def _move_groups(db: Connection, writes: Writes, bot: BotId, moved: Moved) -> None:
    groups = reads.all_groups(db, bot)
    taken = any(group.group_id == moved.new_id for group in groups)
    for group in groups:
        after = moved_group(group, moved)
        if group.group_id == moved.old_id:
            db.execute(DROP_GROUP, {"b_bot": bot, "b_group": moved.old_id})
        if after != group and not (taken and group.group_id == moved.old_id):
            writes.write_groups(db, bot, [after], group.protected_at)


def _move_channel(db: Connection, bot: BotId, moved: Moved) -> None:
    there = select(channels.c.channel_id).where(
        channels.c.bot_id == bot, channels.c.channel_id == moved.new_id
    )
    old = (channels.c.bot_id == bot, channels.c.channel_id == moved.old_id)
    if db.execute(there).first():
        db.execute(delete(channels).where(*old))
    else:
        db.execute(update(channels).where(*old).values(channel_id=moved.new_id))


def _move_facts(db: Connection, writes: Writes, table: Table, where: tuple[BotId, Moved]) -> None:
    bot, moved = where
    chat = table.c.channel_id if table is memberships else table.c.group_id
    old = (table.c.bot_id == bot, chat == moved.old_id)
    renamed = (literal(moved.new_id).label(c.name) if c is chat else c for c in table.c)
    db.execute(writes.take(table, select(*renamed).where(*old)))
    db.execute(delete(table).where(*old))


def _move_holds(db: Connection, writes: Writes, bot: BotId, moved: Moved) -> None:
    naming = or_(holds.c.group_id == moved.old_id, holds.c.body.contains(str(moved.old_id)))
    found = [
        rows.as_hold(body) for body in db.scalars(select(holds.c.body).where(holds.c.bot_id == bot, naming))
    ]
    for hold in sorted(found, key=lambda hold: hold.group_id == moved.old_id):
        after = moved_hold(hold, moved)
        if after != hold:
            db.execute(_DROP_HOLD, _place(bot, hold))
            db.execute(writes.put_hold, rows.hold_values(bot, after))


def _move_debts(db: Connection, writes: Writes, bot: BotId, moved: Moved) -> None:
    columns = (intents.c.body, intents.c.due_at, intents.c.owed_at, intents.c.token, intents.c.attempts)
    naming = (intents.c.bot_id == bot, intents.c.key.contains(f":{moved.old_id}"))
    for row in db.execute(select(*columns).where(*naming).order_by(intents.c.key)).all():
        owed = rows.as_owed(row)
        after = follow(owed.intent, moved) if owed else None
        if owed is None or after == owed.intent:
            continue
        db.execute(_DROP_DEBT, {"b_bot": bot, "b_key": owed.key})
        if after is not None:
            followed = Owed(after, owed.due_at, owed.owed_at, owed.token, owed.attempts)
            db.execute(writes.put_debt, rows.owed_values(bot, followed))


def _place(bot: BotId, hold: Hold) -> rows.Values:
    return {"b_bot": bot, "b_group": hold.group_id, "b_user": hold.user_id}


_DROP_HOLD = delete(holds).where(
    holds.c.bot_id == bindparam("b_bot"),
    holds.c.group_id == bindparam("b_group"),
    holds.c.user_id == bindparam("b_user"),
)
_DROP_DEBT = delete(intents).where(
    intents.c.bot_id == bindparam("b_bot"), intents.c.key == bindparam("b_key")
)
