"""Browsers that somebody asked to be told at."""

from alembic import op

revision = "20261203_push_subscriptions"
down_revision = "20261203_feed"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE push_subscriptions (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    browser jsonb NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE INDEX ON push_subscriptions (user_id, made_at);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLE.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE push_subscriptions")
