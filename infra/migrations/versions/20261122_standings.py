"""The standings of four in a row get a name of their own: leaderboards are those of any game."""

from alembic import op

revision = "20261122_standings"
down_revision = "20261121_read_models"
branch_labels = None
depends_on = None

TABLES = {"leaderboards": "standings", "leaderboard_games": "standing_games"}
INDEX = "_game_id_period_score_reached_at_player_id_idx"
RENAME = "UPDATE {} SET projection = '{}' WHERE projection = '{}'"


def upgrade() -> None:
    for old, new in TABLES.items():
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
        op.execute(f"ALTER INDEX IF EXISTS {old}_pkey RENAME TO {new}_pkey")
    op.execute(f"ALTER INDEX IF EXISTS leaderboards{INDEX} RENAME TO standings{INDEX}")
    op.execute(RENAME.format("projection_positions", "standings", "leaderboards"))
    op.execute(RENAME.format("projection_parked", "standings", "leaderboards"))


def downgrade() -> None:
    for old, new in TABLES.items():
        op.execute(f"ALTER TABLE {new} RENAME TO {old}")
        op.execute(f"ALTER INDEX IF EXISTS {new}_pkey RENAME TO {old}_pkey")
    op.execute(f"ALTER INDEX IF EXISTS standings{INDEX} RENAME TO leaderboards{INDEX}")
    op.execute(RENAME.format("projection_positions", "leaderboards", "standings"))
    op.execute(RENAME.format("projection_parked", "leaderboards", "standings"))
