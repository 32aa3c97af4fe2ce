"""By what people sign in to their accounts, and how often a key says that it was used."""

from alembic import op

revision = "20261130_passkeys"
down_revision = "20261130_accounts"
branch_labels = None
depends_on = None

PASSKEYS = """
CREATE TABLE passkeys (
    user_id text COLLATE "C" NOT NULL,
    credential_id text COLLATE "C" NOT NULL,
    public_key text NOT NULL,
    synced boolean NOT NULL,
    transports text[] NOT NULL,
    name jsonb,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, credential_id)
);
CREATE INDEX ON passkeys (credential_id, user_id);
CREATE TABLE passkey_uses (
    passkey text COLLATE "C" PRIMARY KEY,
    uses bigint NOT NULL
);
"""

GONE = """
DROP TABLE passkeys;
DROP TABLE passkey_uses;
"""


def upgrade() -> None:
    for statement in filter(str.strip, PASSKEYS.split(";")):
        op.execute(statement)


def downgrade() -> None:
    for statement in filter(str.strip, GONE.split(";")):
        op.execute(statement)
