"""Alarms that were closed long ago may go with their log; an alarm that is not closed, and its log, may not."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What SQLite itself refuses. That a line of the log changes it still refuses altogether."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER alarm_log_no_delete")
        op.execute(
            "CREATE TRIGGER alarm_log_no_delete BEFORE DELETE ON alarm_log "
            "WHEN EXISTS (SELECT 1 FROM alarm WHERE id = OLD.alarm AND closed IS NULL) "
            "BEGIN SELECT RAISE(ABORT, 'the log of alarms that are not closed is only ever added to'); END"
        )
        op.execute(
            "CREATE TRIGGER alarm_no_delete BEFORE DELETE ON alarm WHEN OLD.closed IS NULL "
            "BEGIN SELECT RAISE(ABORT, 'an alarm that is not closed is kept'); END"
        )


def downgrade() -> None:
    """As before."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER alarm_no_delete")
        op.execute("DROP TRIGGER alarm_log_no_delete")
        op.execute(
            "CREATE TRIGGER alarm_log_no_delete BEFORE DELETE ON alarm_log "
            "BEGIN SELECT RAISE(ABORT, 'the log of alarms is only ever added to'); END"
        )
