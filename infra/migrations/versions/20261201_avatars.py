"""Which picture is somebody's avatar."""

from alembic import op

revision = "20261201_avatars"
down_revision = "20261130_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE accounts ADD avatar text")


def downgrade() -> None:
    op.execute("ALTER TABLE accounts DROP avatar")
