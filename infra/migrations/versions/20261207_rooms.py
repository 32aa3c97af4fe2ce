"""Lounges, which addresses call rooms: who is in which, and who may be there."""

from alembic import op

revision = "20261207_rooms"
down_revision = "20261206_conversations"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE lounges (
    room_id text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    name jsonb,
    capacity integer NOT NULL,
    access text COLLATE "C" NOT NULL,
    plan text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL,
    players integer NOT NULL,
    entries bigint NOT NULL,
    closed boolean NOT NULL
);
CREATE INDEX ON lounges (opened_at DESC, room_id DESC) WHERE access = 'public' AND NOT closed;
CREATE INDEX ON lounges (owner);
CREATE TABLE lounge_people (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX ON lounge_people (user_id);
CREATE TABLE lounge_standings (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    until timestamptz,
    PRIMARY KEY (room_id, kind, user_id)
);
CREATE INDEX ON lounge_standings (user_id);
CREATE TABLE lounge_entries (
    room_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (room_id, day)
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE lounges, lounge_people, lounge_standings, lounge_entries")
