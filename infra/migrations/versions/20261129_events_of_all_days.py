"""The archive of players' events as one table, in place of a partition for each day."""

from alembic import op
from sqlalchemy import text

revision = "20261129_events_of_all_days"
down_revision = "20261127_best_hundred"
branch_labels = None
depends_on = None

BEGIN = """
DO $$ BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'events'::regclass) = 'p' THEN
        ALTER TABLE events RENAME TO events_by_day;
        CREATE TABLE events (LIKE events_by_day INCLUDING ALL EXCLUDING INDEXES);
        CREATE INDEX ON events (event_id);
        CREATE INDEX ON events (player_id, event_timestamp);
        CREATE INDEX ON events (game_id, event_timestamp);
        CREATE INDEX ON events (event_type, event_timestamp);
        CREATE INDEX ON events (event_timestamp);
    END IF;
END $$
"""
"""The newest events last, so that pages are filled from left to right and stay full; PostgreSQL
reads an index from either end. No key: what an event is known by takes twice the index, and that
none is written twice follows from the position, which is written with them.

What the table is decides, since the version is written in another transaction than the last day:
whoever was stopped between the two finds everything done, and moves nothing again."""

DAYS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = to_regclass('events_by_day') ORDER BY 1
"""

MOVE = """
DO $$ BEGIN
    INSERT INTO events SELECT * FROM {day};
    DROP TABLE {day};
END $$
"""

BY_DAY = """
CREATE TABLE events (LIKE events_of_all_days INCLUDING ALL EXCLUDING INDEXES)
PARTITION BY RANGE (event_timestamp);
ALTER TABLE events ADD PRIMARY KEY (event_id, player_id, event_timestamp, ingested_at);
CREATE INDEX ON events (player_id, event_timestamp DESC, event_id);
CREATE INDEX ON events (game_id, event_timestamp DESC);
CREATE INDEX ON events (event_type, event_timestamp DESC);
CREATE INDEX ON events (event_timestamp DESC)
"""

MAKE_DAYS = """
DO $$ DECLARE day date; BEGIN
    FOR day IN SELECT DISTINCT (event_timestamp AT TIME ZONE 'UTC')::date FROM events_of_all_days
    LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
            to_char(day, '"events_"YYYY_MM_DD'),
            day::timestamp AT TIME ZONE 'UTC',
            (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END LOOP;
END $$
"""


def upgrade() -> None:
    """Move a day at a time: PostgreSQL locks no more than a few thousand tables at once.

    Each is a transaction of its own, so one that was stopped goes on where it was.
    """
    with op.get_context().autocommit_block():
        op.execute(BEGIN)
        for (day,) in op.get_bind().execute(text(DAYS)).fetchall():
            op.execute(MOVE.format(day=day))
        op.execute("DROP TABLE IF EXISTS events_by_day")


def downgrade() -> None:
    op.execute("ALTER TABLE events RENAME TO events_of_all_days")
    for statement in BY_DAY.split(";"):
        op.execute(statement)
    op.execute(MAKE_DAYS)
    op.execute("INSERT INTO events SELECT * FROM events_of_all_days")
    op.execute("DROP TABLE events_of_all_days")
