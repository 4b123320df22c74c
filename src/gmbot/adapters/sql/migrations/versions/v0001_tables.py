"""The first tables.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ACTIVE = sa.text("state <> 'ended'")
TOLD = sa.text("prompt_id IS NOT NULL")
UNTOLD = sa.text("state = 'placed' AND NOT away AND prompt_id IS NULL")


def upgrade() -> None:
    """Make every table."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE audit_numbers")
    _create_groups()
    _create_facts()
    _create_holds()
    _create_ledger()


def downgrade() -> None:
    """Remove every table."""
    for table in (
        *("links", "groups", "channels", "owners"),
        *("memberships", "standings", "holds"),
        *("intents", "applied_updates", "audit"),
    ):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP SEQUENCE audit_numbers")


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _create_groups() -> None:
    op.create_table(
        "owners",
        _id("bot_id"),
        _id("owner_id"),
        sa.Column("first_seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "owner_id", name="pk_owners"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "groups",
        _id("bot_id"),
        _id("group_id"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quorum", sa.String(16), nullable=False),
        sa.Column("quorum_count", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("paused", sa.String(32)),
        sa.Column("linked_chat_id", sa.BigInteger()),
        sa.Column("protected_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "group_id", name="pk_groups"),
    )
    op.create_table(
        "channels",
        _id("bot_id"),
        _id("channel_id"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("username", sa.Text()),
        sa.Column("invite_link", sa.Text()),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("heard_since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "channel_id", name="pk_channels"),
    )
    _create_links()


def _create_links() -> None:
    op.create_table(
        "links",
        _id("bot_id"),
        _id("group_id"),
        _id("channel_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "group_id", "channel_id", name="pk_links"),
        sa.ForeignKeyConstraint(
            ["bot_id", "group_id"],
            ["groups.bot_id", "groups.group_id"],
            name="fk_links_groups",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("links_of_channel", "links", ["bot_id", "channel_id"])


def _create_facts() -> None:
    op.create_table(
        "memberships",
        _id("bot_id"),
        _id("user_id"),
        _id("channel_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "user_id", "channel_id", name="pk_memberships"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standings",
        _id("bot_id"),
        _id("group_id"),
        _id("user_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("allowed", sa.Text()),
        sa.Column("changed_by", sa.BigInteger()),
        sa.PrimaryKeyConstraint("bot_id", "group_id", "user_id", name="pk_standings"),
        sqlite_with_rowid=False,
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        _id("bot_id"),
        _id("group_id"),
        _id("user_id"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("prompt_id", sa.BigInteger()),
        sa.Column("prompted_at", sa.Double(), nullable=False),
        sa.Column("away", sa.Boolean(), nullable=False),
        sa.Column("over_since", sa.Double()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "group_id", "user_id", name="pk_holds"),
    )
    _partial_index("holds_active", ["bot_id", "group_id", "user_id"], ACTIVE)
    _partial_index("holds_of_person", ["bot_id", "user_id", "group_id", "state"], ACTIVE)
    _partial_index("holds_told", ["bot_id", "group_id", "user_id"], TOLD)
    _partial_index("holds_untold", ["bot_id", "group_id", "prompted_at", "at", "user_id"], UNTOLD)


def _partial_index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "holds", columns, sqlite_where=where, postgresql_where=where)


def _create_ledger() -> None:
    op.create_table(
        "intents",
        _id("bot_id"),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("owed_at", sa.Double(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "key", name="pk_intents"),
    )
    op.create_index("intents_due", "intents", ["bot_id", "urgency", "due_at", "key"])
    op.create_table(
        "applied_updates",
        _id("bot_id"),
        _id("update_id"),
        sa.Column("applied_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name="pk_applied_updates"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        _id("bot_id"),
        _id("entry_id"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger()),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "entry_id", name="pk_audit"),
    )
    op.create_index("audit_of_group", "audit", ["bot_id", "group_id", "entry_id"])
