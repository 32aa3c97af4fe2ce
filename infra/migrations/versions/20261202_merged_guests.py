"""Which guests were merged into which account, and whose games that are over were theirs."""

from alembic import op

revision = "20261202_merged_guests"
down_revision = "20261201_avatars"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE merged_guests (
    guest_id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    merged_at timestamptz NOT NULL
);
CREATE INDEX ON merged_guests (user_id);
CREATE TABLE games_handed_over (
    game_id text COLLATE "C" NOT NULL,
    previous text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (game_id, previous)
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE games_handed_over, merged_guests")
