"""What people say to each other, who is in which conversation, and how far they have read."""

from alembic import op

revision = "20261206_conversations"
down_revision = "20261206_presence"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE conversations (
    conversation_id text COLLATE "C" PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    started_by text COLLATE "C" NOT NULL,
    name jsonb
);
CREATE INDEX ON conversations (started_by);
CREATE TABLE conversation_members (
    user_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    after_number bigint NOT NULL,
    read_up_to bigint NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);
CREATE INDEX ON conversation_members (conversation_id);
CREATE TABLE messages (
    conversation_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    sender text COLLATE "C" NOT NULL,
    text jsonb,
    said_at timestamptz NOT NULL,
    reply_to bigint,
    edited_at timestamptz,
    deleted boolean NOT NULL,
    withheld boolean NOT NULL,
    PRIMARY KEY (conversation_id, number)
);
CREATE INDEX ON messages (sender);
CREATE INDEX ON messages (conversation_id, number) WHERE NOT withheld;
CREATE TABLE message_reactions (
    conversation_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    reaction text COLLATE "C" NOT NULL,
    PRIMARY KEY (conversation_id, number, user_id)
);
CREATE INDEX ON message_reactions (user_id);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE conversations, conversation_members, messages, message_reactions")
