"""Ids of players' events are kept from when they were seen, in place of when they were taken in."""

from alembic import op

revision = "20261129_ids_since_seen"
down_revision = "20261129_events_of_all_days"
branch_labels = None
depends_on = None

SEEN_BY = ("events_seen", "player_statistics_seen", "leaderboards_seen", "player_activity_seen")


def upgrade() -> None:
    for table in SEEN_BY:
        op.execute(f"ALTER TABLE {table} ADD seen_at timestamptz NOT NULL DEFAULT now()")
        op.execute(f"DROP INDEX IF EXISTS {table}_ingested_at_idx")
        op.execute(f"CREATE INDEX ON {table} USING brin (seen_at)")


def downgrade() -> None:
    for table in SEEN_BY:
        op.execute(f"ALTER TABLE {table} DROP seen_at")
        op.execute(f"CREATE INDEX ON {table} USING brin (ingested_at)")
