"""The index by which prompts are found, and by which it is known whom they still concern.

Revision ID: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TOLD = sa.text("prompt_id IS NOT NULL")


def upgrade() -> None:
    """Replace the index of people by one of prompts."""
    op.create_index(
        "holds_prompted",
        "holds",
        ["bot_id", "group_id", "prompt_id", "prompted_at", "state", "away"],
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )
    op.drop_index("holds_told", "holds")


def downgrade() -> None:
    """Put it back."""
    op.create_index(
        "holds_told",
        "holds",
        ["bot_id", "group_id", "user_id"],
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    )
    op.drop_index("holds_prompted", "holds")
