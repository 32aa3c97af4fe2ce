"""The voids in force, of each consumer that counts players' events."""

from alembic import op

revision = "20261126_corrections"
down_revision = "20261125_player_activity"
branch_labels = None
depends_on = None

VOIDS = """
CREATE TABLE {table} (
    event_id uuid PRIMARY KEY,
    player_id text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    by text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX ON {table} (player_id);
"""
VOIDED_BY = ("player_statistics_voids", "leaderboards_voids")


def upgrade() -> None:
    for table in VOIDED_BY:
        for statement in filter(str.strip, VOIDS.format(table=table).split(";")):
            op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP TABLE {', '.join(VOIDED_BY)}")
