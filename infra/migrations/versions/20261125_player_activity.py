"""When players were active, for the first time and at all, and how long their sessions were."""

from alembic import op

revision = "20261125_player_activity"
down_revision = "20261124_dead_letters"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE active_players (
    game_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (game_id, day, player_id)
);
CREATE TABLE player_first_days (
    game_id text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    first_day date NOT NULL,
    PRIMARY KEY (game_id, player_id)
);
CREATE INDEX ON player_first_days (game_id, first_day);
CREATE TABLE player_firsts (
    game_id text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (game_id, event_type, player_id)
);
CREATE TABLE daily_sessions (
    game_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    started bigint NOT NULL,
    timed bigint NOT NULL,
    milliseconds bigint NOT NULL,
    PRIMARY KEY (game_id, day)
) WITH (fillfactor = 70);
CREATE TABLE player_activity_seen (
    player_id text COLLATE "C" NOT NULL,
    event_id uuid NOT NULL,
    ingested_at timestamptz NOT NULL,
    PRIMARY KEY (player_id, event_id)
);
CREATE INDEX ON player_activity_seen USING brin (ingested_at);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE player_activity_seen, daily_sessions, player_firsts, player_first_days, "
        "active_players"
    )
