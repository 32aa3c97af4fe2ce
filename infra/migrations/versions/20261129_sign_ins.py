"""Who is signed in at which browser."""

from alembic import op

revision = "20261129_sign_ins"
down_revision = "20261129_ids_since_seen"
branch_labels = None
depends_on = None

SIGN_INS = """
CREATE TABLE sign_ins (
    digest bytea PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    scope text COLLATE "C" NOT NULL,
    way text COLLATE "C" NOT NULL,
    once text COLLATE "C" UNIQUE,
    began_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX ON sign_ins (expires_at);
CREATE INDEX ON sign_ins (user_id);
"""


def upgrade() -> None:
    for statement in filter(str.strip, SIGN_INS.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE sign_ins")
