"""An index for the totals of /activity/stats, which otherwise read every entry of the caller.

Built beside the entries that come in meanwhile. A try that was cut short leaves an invalid index
behind, so each try begins by removing that.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS activity_logs_by_kind")
        op.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS activity_logs_by_kind"
            " ON activity_logs (user_id, action, resource_type)"
        )
