"""Games are listed: of a player, and those that are going on."""

from alembic import op

revision = "20261129_lists_of_games"
down_revision = "20261129_sign_ins"
branch_labels = None
depends_on = None

LISTED_BY = ("player1_id", "player2_id", "status")


def upgrade() -> None:
    for column in LISTED_BY:
        op.execute(f"CREATE INDEX ON games ({column}, created_at DESC, id DESC)")


def downgrade() -> None:
    for column in LISTED_BY:
        op.execute(f"DROP INDEX games_{column}_created_at_id_idx")
