"""Hotlists with their entries, hits, and what people decided on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False, server_default="") for name in names]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "hotlist",
        sa.Column("id", _number(), primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        *_texts("owner", "urgency", "reason", "reach"),
        sa.Column("starts", sa.Float),
        sa.Column("expires", sa.Float),
        sa.Column("keep_days", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Integer, nullable=False),
        *_texts("folder", "source", "taken"),
        sa.Column("updated", sa.Float),
        sa.Column("revision", _number(), nullable=False),
        sa.Column("generation", _number(), nullable=False),
        sa.Column("entries", _number(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hotlist_generation",
        sa.Column("id", _number(), primary_key=True, autoincrement=True),
        sa.Column("list", _number(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        *_texts("station", "state"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hotlist_entry",
        sa.Column("id", _number(), primary_key=True, autoincrement=True),
        sa.Column("generation", _number(), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        *_texts("plate", "state", "reason", "case_number", "note"),
        sa.Column("starts", sa.Float),
        sa.Column("expires", sa.Float),
        sa.UniqueConstraint("generation", "key", name="hotlist_entry_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plate_hit",
        sa.Column("id", _number(), primary_key=True, autoincrement=True),
        sa.Column("seq", _number(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("received", sa.Float, nullable=False),
        *_texts("source", "camera", "plate", "entry_plate", "entry_key"),
        sa.Column("list", _number(), nullable=False),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("reads", sa.Integer, nullable=False),
        sa.Column("keep_until", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("plate_hit_by_entry", "plate_hit", ["list", "entry_key", "received"])
    op.create_index("plate_hit_by_time", "plate_hit", ["received"])
    op.create_index("plate_hit_by_end", "plate_hit", ["keep_until"])
    op.create_table(
        "plate_hit_read",
        sa.Column("seq", _number(), primary_key=True, autoincrement=False),
        sa.Column("hit", _number(), primary_key=True, autoincrement=False),
    )
    op.create_index("plate_hit_read_by_hit", "plate_hit_read", ["hit"])
    op.create_table(
        "plate_hit_decision",
        sa.Column("id", _number(), primary_key=True, autoincrement=True),
        sa.Column("hit", _number(), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        *_texts("actor", "role", "station", "verdict", "reason"),
        sqlite_autoincrement=True,
    )
    op.create_index("plate_hit_decision_by_hit", "plate_hit_decision", ["hit", "id"])
    if op.get_bind().dialect.name == "sqlite":
        said = "SELECT RAISE(ABORT, 'decisions are only ever added to')"
        op.execute(f"CREATE TRIGGER plate_hit_decision_no_update BEFORE UPDATE ON plate_hit_decision BEGIN {said}; END")
        op.execute(
            "CREATE TRIGGER plate_hit_decision_no_delete BEFORE DELETE ON plate_hit_decision "
            f"WHEN EXISTS (SELECT 1 FROM plate_hit WHERE id = OLD.hit) BEGIN {said}; END"
        )


def downgrade() -> None:
    """Lists and hits go with their tables."""
    for table in (
        "plate_hit_decision", "plate_hit_read", "plate_hit", "hotlist_entry", "hotlist_generation", "hotlist",
    ):  # fmt: skip
        op.drop_table(table)
