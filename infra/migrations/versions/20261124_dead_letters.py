"""Dead letters of players' events, and what was decided about them."""

from alembic import op

revision = "20261124_dead_letters"
down_revision = "20261123_player_events"
branch_labels = None
depends_on = None

LETTERS = """
CREATE TABLE dead_letters (
    id text COLLATE "C" PRIMARY KEY,
    consumer_service text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C",
    original_event text NOT NULL,
    error_message text NOT NULL,
    position text COLLATE "C",
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    status text COLLATE "C" NOT NULL,
    edited_event text,
    decided_by text,
    decided_at timestamptz
);
CREATE INDEX ON dead_letters (created_at DESC, id DESC);
CREATE INDEX ON dead_letters (status, consumer_service, created_at DESC);
CREATE INDEX ON dead_letters (player_id, created_at DESC);
CREATE INDEX ON dead_letters (event_id);
CREATE INDEX ON dead_letters (position);
"""


def upgrade() -> None:
    for statement in filter(str.strip, LETTERS.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE dead_letters")
