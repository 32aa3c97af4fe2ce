"""By which address an account is entered."""

from alembic import op

revision = "20261130_addresses"
down_revision = "20261130_sessions"
branch_labels = None
depends_on = None

ADDRESSES = """
ALTER TABLE accounts
    ADD COLUMN address text COLLATE "C",
    ADD COLUMN address_at timestamptz,
    ADD COLUMN email jsonb;
CREATE INDEX ON accounts (address);
"""


def upgrade() -> None:
    for statement in filter(str.strip, ADDRESSES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE accounts DROP COLUMN address, DROP COLUMN address_at, DROP COLUMN email"
    )
