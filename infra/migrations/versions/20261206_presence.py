"""Of whom nobody is told whether they are there."""

from alembic import op

revision = "20261206_presence"
down_revision = "20261205_friends"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE hidden_people (
            user_id text COLLATE "C" PRIMARY KEY,
            since timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE INDEX friends_newest_idx ON friends (user_id, since DESC, other_id)
        WHERE relation = 'friends'
    """)


def downgrade() -> None:
    op.execute("DROP INDEX friends_newest_idx")
    op.execute("DROP TABLE hidden_people")
