"""Alarms, and the log of what became of them, which SQLite itself refuses to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Times are UTC seconds since 1970."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "alarm",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("last", sa.Double, nullable=False),
        sa.Column("closed", sa.Double, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("alarm_by_version", "alarm", ["version"], unique=True)
    op.create_index("alarm_by_key", "alarm", ["key", "closed"])
    op.create_index("alarm_by_closed", "alarm", ["closed"])
    op.create_table(
        "alarm_log",
        sa.Column("line", number, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("station", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("heard", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_index("alarm_log_by_alarm", "alarm_log", ["alarm", "line"])
    op.create_index("alarm_log_by_time", "alarm_log", ["at"])
    op.create_index("alarm_log_by_entry", "alarm_log", ["seq", "key"])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER alarm_log_no_{what.lower()} BEFORE {what} ON alarm_log "
                "BEGIN SELECT RAISE(ABORT, 'the log of alarms is only ever added to'); END"
            )


def downgrade() -> None:
    """Never: what became of an alarm is kept."""
    raise RuntimeError("the log of alarms is not taken back")
