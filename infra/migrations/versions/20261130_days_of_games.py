"""First days are found by game only where days are asked for.

In a table that nobody has counted yet, PostgreSQL took the index of games and days for the lookup
of a player, since it was the smaller one, and read a whole game for each. An index with a
condition serves those alone who state it.
"""

from alembic import op

revision = "20261130_days_of_games"
down_revision = "20261129_process_states"
branch_labels = None
depends_on = None

INDEX = "player_first_days_game_id_first_day_idx"


def upgrade() -> None:
    op.execute(f"DROP INDEX IF EXISTS {INDEX}")
    op.execute(
        f"CREATE INDEX {INDEX} ON player_first_days (game_id, first_day) "
        "WHERE first_day > '-infinity'"
    )


def downgrade() -> None:
    op.execute(f"DROP INDEX IF EXISTS {INDEX}")
    op.execute(f"CREATE INDEX {INDEX} ON player_first_days (game_id, first_day)")
