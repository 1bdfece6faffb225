"""The journal: what happened in the world, who follows it and how far, what must be kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Times are microseconds since 1970, UTC."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    erasable = sa.text("body IS NOT NULL")
    op.create_table(
        "journal",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("event", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("content", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_index(
        "journal_erasable", "journal", ["kind", "received"], sqlite_where=erasable, postgresql_where=erasable
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER journal_only_erased BEFORE UPDATE ON journal "
            "WHEN NEW.body IS NOT NULL OR NEW.seq != OLD.seq OR NEW.hash != OLD.hash OR NEW.content != OLD.content "
            "BEGIN SELECT RAISE(ABORT, 'a line of the journal is erased, never changed'); END"
        )
    op.create_table(
        "journal_picture",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "journal_cursor",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("station", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "journal_hold",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("why", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger),
    )
    op.create_table(
        "journal_start",
        sa.Column("seq", number, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )


def downgrade() -> None:
    """What was kept is lost."""
    for table in ("journal_start", "journal_hold", "journal_cursor", "journal_picture", "journal"):
        op.drop_table(table)
