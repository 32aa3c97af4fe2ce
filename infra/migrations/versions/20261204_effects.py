"""Rules, what became of each effect of theirs, and how many there were."""

from alembic import op

revision = "20261204_effects"
down_revision = "20261203_push_subscriptions"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE effect_rules (
    name text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    topic text COLLATE "C" NOT NULL,
    of_type text COLLATE "C",
    filter text NOT NULL,
    action text NOT NULL,
    begins text NOT NULL,
    since timestamptz,
    status text COLLATE "C" NOT NULL,
    added_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text COLLATE "C" NOT NULL
);
CREATE TABLE effects (
    id text COLLATE "C" PRIMARY KEY,
    rule text COLLATE "C" NOT NULL,
    line text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    target text NOT NULL,
    status text COLLATE "C" NOT NULL,
    attempts integer NOT NULL,
    doubted boolean NOT NULL,
    reason text NOT NULL,
    due timestamptz,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX ON effects (first_at DESC, id DESC);
CREATE INDEX ON effects (rule, first_at DESC, id DESC);
CREATE INDEX ON effects (status, first_at DESC, id DESC);
CREATE INDEX ON effects (line, status, last_at);
CREATE TABLE effect_counts (
    rule text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (rule, kind, outcome)
);
"""


def upgrade() -> None:
    for statement in filter(str.strip, TABLES.split(";")):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE effect_rules, effects, effect_counts")
