"""How far somebody has read the log: read models, processes and the relay."""

from collections.abc import Mapping, Sequence

from msgspec import json
from psycopg.rows import class_row

from application.ports.projections import Parked
from application.ports.reading import Checkpoint, ShardId
from infra.postgres.database import Connection, Database
from projections.people import TableSays

READ_TO = ("topic", "partition", "next_offset", "epoch", "owner", "next_seq")
SAY = {
    "projection_positions": TableSays(facts=("projection", "generation", *READ_TO)),
    "projection_parked": TableSays(
        of=("aggregate_id",),
        open=("reason",),
        facts=("projection", "topic", "position"),
        stays="that something which names you could not be read, until it is",
    ),
    "process_positions": TableSays(facts=("process", *READ_TO)),
}
"""What the tables tell of people; see `projections.people`."""

CHECKPOINTS = """
    SELECT topic, partition, next_offset AS offset, epoch, owner, next_seq
    FROM projection_positions WHERE projection = %s ORDER BY topic, partition
"""

LOCK = """
    SELECT FROM projection_positions WHERE projection = %s ORDER BY topic, partition FOR UPDATE
"""
"""All of them, in the order in which everybody locks them: nobody writes meanwhile."""

GENERATION = "SELECT generation FROM projection_positions WHERE projection = %s LIMIT 1"

MOVE = """
    UPDATE projection_positions AS known
    SET next_offset = moved.next_offset, epoch = moved.epoch, owner = moved.owner,
        next_seq = moved.next_seq
    FROM json_to_recordset(%s::json) AS moved (
        topic text, partition integer, expected bigint,
        next_offset bigint, epoch bigint, owner text, next_seq bigint
    )
    WHERE (known.projection, known.topic, known.partition, known.next_offset)
        = (%s, moved.topic, moved.partition, moved.expected)
    RETURNING generation
"""
"""One after the other, as they are given: all give them in the same order, or two could wait for
each other."""

PLACE = """
    INSERT INTO projection_positions
        (projection, generation, topic, partition, next_offset, epoch, owner, next_seq)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

PARK = """
    INSERT INTO projection_parked (projection, topic, aggregate_id, position, reason)
    VALUES (%s, %s, %s, %s, %s)
"""


def move(
    connection: Connection,
    projection: str,
    checkpoints: Sequence[Checkpoint],
    expected: Mapping[ShardId, int],
) -> str | None:
    """Move a live read model on from where it is expected to stand, and hold it until the commit.

    Returns its generation; None where it stands elsewhere in one of these shards.
    """
    rows = [
        {**c._asdict(), "next_offset": c.offset, "expected": expected[c.topic, c.partition]}
        for c in sorted(checkpoints)
    ]
    moved = connection.execute(MOVE, [json.encode(rows).decode(), projection]).fetchall()
    return moved[0][0] if len(moved) == len(rows) else None


def place(
    connection: Connection, projection: str, generation: str, checkpoints: Sequence[Checkpoint]
) -> None:
    """Write the position of a read model that takes the place of another, which had parked some."""
    connection.execute("DELETE FROM projection_positions WHERE projection = %s", [projection])
    connection.execute("DELETE FROM projection_parked WHERE projection = %s", [projection])
    with connection.cursor() as cursor:
        cursor.executemany(PLACE, [(projection, generation, *c) for c in checkpoints])


def park(connection: Connection, projection: str, parked: Sequence[Parked]) -> None:
    """Write streams that are parked from here on."""
    for each in parked:
        # As JSON, since a NUL in an id may be what PostgreSQL would not take in the first place.
        id, reason = (json.encode(text).decode() for text in (each.aggregate_id, each.reason))
        connection.execute(PARK, [projection, each.topic, id, each.position, reason])


def load_checkpoints(connection: Connection, projection: str) -> list[Checkpoint]:
    """The stored position of a projection; empty when there is none."""
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        return cursor.execute(CHECKPOINTS, [projection]).fetchall()


def load_parked(connection: Connection, projection: str) -> list[Parked]:
    """The parked streams of a projection."""
    query = """
        SELECT topic, aggregate_id, position, reason FROM projection_parked
        WHERE projection = %s ORDER BY topic, aggregate_id
    """
    rows = connection.execute(query, [projection]).fetchall()
    return [Parked(topic, json.decode(id), at, json.decode(why)) for topic, id, at, why in rows]


def load_position(connection: Connection, name: str) -> list[Checkpoint]:
    """Where a process or relay stands; empty at the very first start."""
    query = """
        SELECT topic, partition, next_offset AS offset, epoch, owner, next_seq
        FROM process_positions WHERE process = %s
    """
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        return cursor.execute(query, [name]).fetchall()


def save_position(connection: Connection, name: str, checkpoints: Sequence[Checkpoint]) -> None:
    """Write a new position of a process or relay, which never goes back."""
    query = """
        INSERT INTO process_positions
            (process, topic, partition, next_offset, epoch, owner, next_seq)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (process, topic, partition) DO UPDATE
        SET next_offset = excluded.next_offset, epoch = excluded.epoch,
            owner = excluded.owner, next_seq = excluded.next_seq
        WHERE process_positions.next_offset < excluded.next_offset
    """
    with connection.cursor() as cursor:
        cursor.executemany(query, [(name, *c) for c in checkpoints])


class PostgresPositions:
    """Implements `ports.reading.PositionStore` for a relay."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    def load(self) -> Sequence[Checkpoint]:
        """See the port."""
        return load_position(self._database.connection, self._name)

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """See the port; a position never goes back."""
        connection = self._database.connection
        with connection.transaction():
            save_position(connection, self._name, checkpoints)
