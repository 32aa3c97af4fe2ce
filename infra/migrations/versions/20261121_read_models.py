"""The read models of games, and the positions of everything that reads the log."""

from alembic import op

revision = "20261121_read_models"
down_revision = None
branch_labels = None
depends_on = None

POSITIONS = """
CREATE TABLE projection_positions (
    projection text NOT NULL,
    generation text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    next_seq bigint NOT NULL,
    PRIMARY KEY (projection, topic, partition)
);
CREATE TABLE projection_parked (
    projection text NOT NULL,
    topic text NOT NULL,
    aggregate_id text NOT NULL,
    position text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (projection, topic, aggregate_id)
);
CREATE TABLE process_positions (
    process text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    next_seq bigint NOT NULL,
    PRIMARY KEY (process, topic, partition)
);
"""

GAME_RECORDS = """
CREATE TABLE game_analytics (
    id bigint PRIMARY KEY,
    position text NOT NULL,
    event_type text NOT NULL,
    game_id text NOT NULL,
    player text,
    "column" smallint,
    timestamp timestamptz NOT NULL,
    payload jsonb NOT NULL
);
CREATE INDEX game_analytics_game_id_idx ON game_analytics (game_id);
CREATE TABLE games (
    id text COLLATE "C" PRIMARY KEY,
    player1_id text NOT NULL,
    player2_id text NOT NULL,
    bot_level text,
    status text NOT NULL,
    result text,
    winner_id text,
    moves text NOT NULL,
    duration double precision,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE TABLE game_stats (
    game_id text COLLATE "C" PRIMARY KEY,
    player1 text NOT NULL,
    player2 text NOT NULL,
    winner text,
    duration double precision NOT NULL,
    moves integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    username text NOT NULL,
    games_played integer NOT NULL,
    wins integer NOT NULL,
    losses integer NOT NULL,
    draws integer NOT NULL,
    score integer NOT NULL GENERATED ALWAYS AS (3 * wins) STORED
);
"""

LEADERBOARDS = """
CREATE TABLE leaderboards (
    game_id text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    wins integer NOT NULL,
    draws integer NOT NULL,
    losses integer NOT NULL,
    first_game_at timestamptz NOT NULL,
    last_win_at timestamptz,
    score bigint NOT NULL GENERATED ALWAYS AS (3 * wins) STORED,
    reached_at timestamptz NOT NULL
        GENERATED ALWAYS AS (coalesce(last_win_at, first_game_at)) STORED,
    PRIMARY KEY (game_id, player_id, period)
);
CREATE INDEX leaderboards_game_id_period_score_reached_at_player_id_idx
    ON leaderboards (game_id, period, score DESC, reached_at, player_id);
CREATE TABLE leaderboard_games (
    game_id text COLLATE "C" PRIMARY KEY,
    players text NOT NULL
);
"""


def upgrade() -> None:
    for statements in (POSITIONS, GAME_RECORDS, LEADERBOARDS):
        for statement in filter(str.strip, statements.split(";")):
            op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE leaderboard_games, leaderboards, users, game_stats, games, game_analytics, "
        "process_positions, projection_parked, projection_positions"
    )
