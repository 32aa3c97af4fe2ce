"""Who has an account."""

from alembic import op

revision = "20261130_accounts"
down_revision = "20261129_process_states"
branch_labels = None
depends_on = None

ACCOUNTS = """
CREATE TABLE accounts (
    user_id text COLLATE "C" PRIMARY KEY,
    handle text COLLATE "C" NOT NULL,
    handle_at timestamptz NOT NULL,
    display_name jsonb,
    time_zone text NOT NULL,
    language text NOT NULL,
    status text COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL
);
CREATE INDEX ON accounts (handle, user_id);
"""


def upgrade() -> None:
    for statement in filter(str.strip, ACCOUNTS.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE accounts")
