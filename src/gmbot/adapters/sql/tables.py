"""Every table. Keys start with `bot_id`: a bot's rows are together, and no query reaches another bot's."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    TextClause,
    text,
)

HEAD: Final = "0005"
"""The newest migration; a start compares it with the database without loading Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)


def _partial(name: str, *columns: str, where: TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, info={"where": where})


def name_conditions_for_postgresql() -> None:
    """Give partial indexes their condition on PostgreSQL too.

    Not at import: naming an option of a dialect loads it, 2 MiB that SQLite never needs.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options["postgresql"]["where"] = index.info["where"]


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


owners = Table(
    "owners",
    metadata,
    _key("bot_id"),
    _key("owner_id"),
    Column("first_seen_at", Double, nullable=False),
    sqlite_with_rowid=False,
)

groups = Table(
    "groups",
    metadata,
    _key("bot_id"),
    _key("group_id"),
    Column("owner_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("quorum", String(16), nullable=False),
    Column("quorum_count", Integer, nullable=False),
    Column("settings", Text, nullable=False),
    Column("paused", String(32)),
    Column("linked_chat_id", BigInteger),
    Column("protected_at", Double, nullable=False),
)

# How often a bot's groups and channels were changed: what tells a process that others changed them.
directories = Table(
    "directories",
    metadata,
    _key("bot_id"),
    Column("revision", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

channels = Table(
    "channels",
    metadata,
    _key("bot_id"),
    _key("channel_id"),
    Column("title", Text, nullable=False),
    Column("username", Text),
    Column("invite_link", Text),
    Column("usable", Boolean, nullable=False),
    Column("heard_since", BigInteger, nullable=False),
)

links = Table(
    "links",
    metadata,
    _key("bot_id"),
    _key("group_id"),
    _key("channel_id"),
    Column("position", Integer, nullable=False),
    ForeignKeyConstraint(["bot_id", "group_id"], ["groups.bot_id", "groups.group_id"], ondelete="CASCADE"),
    # writes.drop_unlinked: whether any group still requires a channel
    Index("links_of_channel", "bot_id", "channel_id"),
    sqlite_with_rowid=False,
)

# The primary key begins with the person: reads.memberships takes all of a person's channels at once.
memberships = Table(
    "memberships",
    metadata,
    _key("bot_id"),
    _key("user_id"),
    _key("channel_id"),
    Column("at", BigInteger, nullable=False),
    Column("source", SmallInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    # sweep_rows.known, in its order
    Index("memberships_of_channel", "bot_id", "channel_id", "user_id"),
    sqlite_with_rowid=False,
)

standings = Table(
    "standings",
    metadata,
    _key("bot_id"),
    _key("group_id"),
    _key("user_id"),
    Column("at", BigInteger, nullable=False),
    Column("source", SmallInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("present", Boolean, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("allowed", Text),
    Column("changed_by", BigInteger),
    sqlite_with_rowid=False,
)

# Literals, not parameters: a planner uses a partial index only where it sees its condition.
ACTIVE = text("state <> 'ended'")
TOLD = text("prompt_id IS NOT NULL")
NEEDED = text("state <> 'ended' AND NOT away")
UNTOLD = text("state = 'placed' AND NOT away AND prompt_id IS NULL")

# A hold is its `body`; the other columns are the copies that guards and queries need.
holds = Table(
    "holds",
    metadata,
    _key("bot_id"),
    _key("group_id"),
    _key("user_id"),
    Column("revision", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Double, nullable=False),
    Column("prompt_id", BigInteger),
    Column("prompted_at", Double, nullable=False),
    Column("away", Boolean, nullable=False),
    Column("over_since", Double),
    Column("body", Text, nullable=False),
    # reads.holds_in: ended holds outnumber active ones by far.
    _partial("holds_active", "bot_id", "group_id", "user_id", where=ACTIVE),
    # reads.holds_of; with the state in it SQLite counts (reads.count_holds) without a look at the rows
    _partial("holds_of_person", "bot_id", "user_id", "group_id", "state", where=ACTIVE),
    # reads.told, which finds in it alone which prompts concern whom
    _partial("holds_prompted", "bot_id", "group_id", "prompt_id", "prompted_at", "state", "away", where=TOLD),
    # reads.untold, in its order
    _partial("holds_untold", "bot_id", "group_id", "prompted_at", "at", "user_id", where=UNTOLD),
)

intents = Table(
    "intents",
    metadata,
    _key("bot_id"),
    Column("key", Text, primary_key=True),
    Column("urgency", SmallInteger, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("owed_at", Double, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("body", Text, nullable=False),
    # claims.claim, in its order, and claims.next_due: what is due is never sorted, the rest never looked at
    Index("intents_due", "bot_id", "urgency", "due_at", "key"),
)

applied_updates = Table(
    "applied_updates",
    metadata,
    _key("bot_id"),
    _key("update_id"),
    Column("applied_at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# The newest are read off the primary key from its end (set_aside_rows.last).
set_aside = Table(
    "set_aside",
    metadata,
    _key("bot_id"),
    _key("update_id"),
    Column("kind", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("payload", Text, nullable=False),
    sqlite_with_rowid=False,
)

# A sweep is its `body`.
sweeps = Table(
    "sweeps",
    metadata,
    _key("bot_id"),
    _key("group_id"),
    Column("kind", String(16), primary_key=True),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["bot_id", "group_id"], ["groups.bot_id", "groups.group_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

audit_numbers = Sequence("audit_numbers", metadata=metadata)
"""Numbers audit entries on PostgreSQL; SQLite, with its one writer, counts on from the last."""

audit = Table(
    "audit",
    metadata,
    _key("bot_id"),
    _key("entry_id"),
    Column("at", Double, nullable=False),
    Column("group_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_id", BigInteger),
    Column("detail", Text, nullable=False),
    # reads.audit, in its order
    Index("audit_of_group", "bot_id", "group_id", "entry_id"),
)
