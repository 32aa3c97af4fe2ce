"""What process managers remember, with the positions at which they do."""

from alembic import op

revision = "20261129_process_states"
down_revision = "20261129_game_metrics"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE process_states (
    process text PRIMARY KEY,
    kind text NOT NULL,
    offsets bigint NOT NULL,
    size bigint NOT NULL
);
CREATE TABLE process_entries (
    process text NOT NULL,
    key text COLLATE "C" NOT NULL,
    entry json NOT NULL,
    PRIMARY KEY (process, key)
) WITH (fillfactor = 70);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE process_entries, process_states")
