"""Hits that a person found correct, until what goes further with them was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "plate_hit_outbox",
        sa.Column(
            "hit", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
    )  # fmt: skip


def downgrade() -> None:
    """What was not told is told no more."""
    op.drop_table("plate_hit_outbox")
