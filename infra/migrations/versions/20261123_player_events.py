"""What players do: the archive of their events, their statistics, the leaderboards of any game."""

from alembic import op

revision = "20261123_player_events"
down_revision = "20261122_standings"
branch_labels = None
depends_on = None

ARCHIVE = """
CREATE TABLE events (
    event_id uuid NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    game_id text COLLATE "C" NOT NULL,
    event_timestamp timestamptz NOT NULL,
    ingested_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    minted boolean NOT NULL,
    PRIMARY KEY (event_id, player_id, event_timestamp, ingested_at)
) PARTITION BY RANGE (event_timestamp);
CREATE INDEX ON events (player_id, event_timestamp DESC, event_id);
CREATE INDEX ON events (game_id, event_timestamp DESC);
CREATE INDEX ON events (event_type, event_timestamp DESC);
CREATE INDEX ON events (event_timestamp DESC);
"""

STATISTICS = """
CREATE TABLE player_statistics (
    player_id text COLLATE "C" PRIMARY KEY,
    total_events bigint NOT NULL,
    event_breakdown jsonb NOT NULL,
    last_event_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
"""

LEADERBOARDS = """
CREATE TABLE leaderboard_scores (
    game_id text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    starts_on date NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    score bigint NOT NULL,
    PRIMARY KEY (game_id, period, starts_on, player_id)
) WITH (fillfactor = 70);
CREATE TABLE leaderboards (
    game_id text COLLATE "C" NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    starts_on date NOT NULL,
    rank integer NOT NULL,
    score bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (game_id, player_id, period, starts_on)
);
CREATE INDEX ON leaderboards (game_id, period, starts_on, rank);
"""

SEEN = """
CREATE TABLE {table} (
    player_id text COLLATE "C" NOT NULL,
    event_id uuid NOT NULL,
    ingested_at timestamptz NOT NULL,
    PRIMARY KEY (player_id, event_id)
);
CREATE INDEX ON {table} USING brin (ingested_at);
"""
SEEN_BY = ("events_seen", "player_statistics_seen", "leaderboards_seen")


def upgrade() -> None:
    seen = [SEEN.format(table=table) for table in SEEN_BY]
    for statements in (ARCHIVE, STATISTICS, LEADERBOARDS, *seen):
        for statement in filter(str.strip, statements.split(";")):
            op.execute(statement)


def downgrade() -> None:
    op.execute(
        f"DROP TABLE {', '.join(SEEN_BY)}, leaderboards, leaderboard_scores, player_statistics, "
        "events"
    )
