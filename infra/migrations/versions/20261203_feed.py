"""What people were told, and what they have read of it."""

from alembic import op

revision = "20261203_feed"
down_revision = "20261202_merged_guests"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE feed_entries (
    user_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    about text COLLATE "C" NOT NULL,
    other text COLLATE "C",
    data jsonb NOT NULL,
    added_at timestamptz NOT NULL,
    is_read boolean NOT NULL DEFAULT false,
    is_archived boolean NOT NULL DEFAULT false,
    PRIMARY KEY (user_id, number)
);
CREATE INDEX ON feed_entries (user_id, number) WHERE NOT is_archived;
CREATE INDEX ON feed_entries (user_id, kind, number);
CREATE TABLE feed_seen (
    user_id text COLLATE "C" PRIMARY KEY,
    up_to bigint NOT NULL
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE feed_entries, feed_seen")
