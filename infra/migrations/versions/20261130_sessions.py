"""Sign-ins that people can tell from each other: by device, since when, and when last seen."""

from alembic import op

revision = "20261130_sessions"
down_revision = "20261130_passkeys"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE sign_ins
    ADD COLUMN id text COLLATE "C" UNIQUE NOT NULL DEFAULT gen_random_uuid()::text,
    ADD COLUMN device text NOT NULL DEFAULT '',
    ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()
"""


def upgrade() -> None:
    op.execute(COLUMNS)


def downgrade() -> None:
    op.execute("ALTER TABLE sign_ins DROP COLUMN id, DROP COLUMN device, DROP COLUMN seen_at")
