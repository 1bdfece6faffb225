"""Plate reads as they are searched: each plate once and in blocks, each camera at a place once, each read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""64 bits; in SQLite the row's own number."""
_PLAIN = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Compared byte by byte, so that a beginning is a range."""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "plate_text",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", _PLAIN, nullable=False),
        sa.Column("folded", _PLAIN, nullable=False),
    )
    op.create_index("plate_text_text", "plate_text", ["text"], unique=True)
    op.create_index("plate_text_folded", "plate_text", ["folded"])
    op.create_table(
        "plate_block",
        sa.Column("block", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("texts", sa.Text, nullable=False),
    )
    op.create_table(
        "plate_site",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("camera", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("col", sa.Integer, nullable=False),
    )
    op.create_index("plate_site_where", "plate_site", ["source", "camera", "row", "col"], unique=True)
    op.create_index("plate_site_cell", "plate_site", ["row", "col"])
    op.create_index("plate_site_camera", "plate_site", ["camera"])
    op.create_table(
        "plate_read",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("plate", sa.Integer, nullable=False),
        sa.Column("site", sa.Integer, nullable=False),
        sa.Column("at", _NUMBER, nullable=False),
        sa.Column("latitude", sa.Integer),
        sa.Column("longitude", sa.Integer),
        sa.Column("heading", sa.Integer),
        sa.Column("region", sa.Text),
    )
    # With the plate in them, a walk through sites or time passes over other plates without a look at their rows.
    op.create_index("plate_read_plate", "plate_read", ["plate", "at"])
    op.create_index("plate_read_site", "plate_read", ["site", "at", "plate"])
    op.create_index("plate_read_at", "plate_read", ["at", "seq", "plate"])


def downgrade() -> None:
    """Without them plates cannot be searched."""
    for name in ("plate_read", "plate_site", "plate_block", "plate_text"):
        op.drop_table(name)
