"""What people are to each other, and who wants nothing of whom."""

from alembic import op

revision = "20261205_friends"
down_revision = "20261204_effects"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE friends (
    user_id text COLLATE "C" NOT NULL,
    other_id text COLLATE "C" NOT NULL,
    relation text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    note jsonb,
    PRIMARY KEY (user_id, other_id)
);
CREATE INDEX ON friends (other_id);
CREATE TABLE blocks (
    user_id text COLLATE "C" NOT NULL,
    other_id text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (user_id, other_id)
);
CREATE INDEX ON blocks (other_id);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE friends, blocks")
