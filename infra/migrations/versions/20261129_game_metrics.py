"""Games by the hour and by the day."""

from alembic import op

revision = "20261129_game_metrics"
down_revision = "20261129_lists_of_games"
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE game_metrics_changes;
CREATE TABLE game_metrics (
    per text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    started bigint NOT NULL,
    finished bigint NOT NULL,
    abandoned bigint NOT NULL,
    with_bot bigint NOT NULL,
    wins bigint NOT NULL,
    draws bigint NOT NULL,
    resignations bigint NOT NULL,
    timeouts bigint NOT NULL,
    first_wins bigint NOT NULL,
    second_wins bigint NOT NULL,
    milliseconds bigint NOT NULL,
    moves bigint NOT NULL,
    change bigint NOT NULL DEFAULT nextval('game_metrics_changes'),
    PRIMARY KEY (per, starts_at)
) WITH (fillfactor = 70);
CREATE TABLE game_metrics_winners (
    per text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    player_id text COLLATE "C" NOT NULL,
    wins bigint NOT NULL,
    PRIMARY KEY (per, starts_at, player_id)
);
CREATE INDEX ON game_metrics_winners (per, starts_at, wins DESC, player_id);
CREATE TABLE game_metrics_running (
    game_id text COLLATE "C" PRIMARY KEY,
    player1 text COLLATE "C" NOT NULL,
    with_bot boolean NOT NULL
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE game_metrics_running, game_metrics_winners, game_metrics")
    op.execute("DROP SEQUENCE game_metrics_changes")
