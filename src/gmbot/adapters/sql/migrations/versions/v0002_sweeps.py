"""Sweeps, and the index by which they find a channel's people.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "sweeps",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "group_id", "kind", name="pk_sweeps"),
        sa.ForeignKeyConstraint(
            ["bot_id", "group_id"],
            ["groups.bot_id", "groups.group_id"],
            name="fk_sweeps_groups",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("memberships_of_channel", "memberships", ["bot_id", "channel_id", "user_id"])


def downgrade() -> None:
    """Remove both."""
    op.drop_index("memberships_of_channel", "memberships")
    op.drop_table("sweeps")
