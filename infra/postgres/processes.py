"""Process managers in PostgreSQL: how far they have come, and what they remember there."""

from collections.abc import Sequence

from application.ports.processes import Standing, StateChanges, StoredState
from application.ports.projections import PositionConflict
from application.ports.reading import Checkpoint
from infra.postgres.database import SNAPSHOT, Connection, Database
from infra.postgres.positions import load_position, save_position
from projections.people import TableSays

SAY = {
    "process_states": TableSays(facts=("process", "kind", "offsets", "size")),
    "process_entries": TableSays(facts=("process", "key", "entry")),
}
"""What the tables tell of people: processes remember games, and in which room somebody is, by a
digest of who that is."""

MOVE = """
    INSERT INTO process_states AS known (process, kind, offsets, size) VALUES (%s, %s, %s, %s)
    ON CONFLICT (process) DO UPDATE
    SET kind = excluded.kind, offsets = excluded.offsets, size = excluded.size
    WHERE known.offsets = %s
"""

KEEP = """
    INSERT INTO process_entries (process, key, entry)
    SELECT %s, * FROM unnest(%s::text[], %s::json[])
    ON CONFLICT (process, key) DO UPDATE SET entry = excluded.entry
"""


class PostgresProcess:
    """Implements `ports.processes.ProcessStore` for one process manager.

    What it remembers is a row for each entry, so a transaction writes those that have changed.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._offsets: int | None = None

    def load(self) -> Standing:
        """See the port."""
        connection = self._database.connection
        with connection.transaction():
            connection.execute(SNAPSHOT)
            state = self._load_state(connection)
            checkpoints = load_position(connection, self._name)
        self._offsets = None if state is None else state.offsets
        return Standing(checkpoints, state)

    def _load_state(self, connection: Connection) -> StoredState | None:
        query = "SELECT kind, offsets, size FROM process_states WHERE process = %s"
        row = connection.execute(query, [self._name]).fetchone()
        if row is None:
            return None
        kind, offsets, size = row
        query = "SELECT key, entry::text FROM process_entries WHERE process = %s"
        entries = connection.execute(query, [self._name]).fetchall()
        return StoredState(kind, offsets, size, dict(entries))

    def save(self, checkpoints: Sequence[Checkpoint], changes: StateChanges | None) -> None:
        """See the port."""
        connection = self._database.connection
        with connection.transaction():
            if changes is not None:
                self._change(connection, changes)
            save_position(connection, self._name, checkpoints)
        if changes is not None:
            self._offsets = changes.offsets

    def _change(self, connection: Connection, changes: StateChanges) -> None:
        row = [self._name, changes.kind, changes.offsets, changes.size, self._offsets]
        if connection.execute(MOVE, row).rowcount == 0:
            raise PositionConflict
        gone = [key for key, entry in changes.entries.items() if entry is None]
        kept = {key: entry.decode() for key, entry in changes.entries.items() if entry is not None}
        if changes.is_whole:
            connection.execute("DELETE FROM process_entries WHERE process = %s", [self._name])
        elif gone:
            query = "DELETE FROM process_entries WHERE process = %s AND key = ANY(%s)"
            connection.execute(query, [self._name, gone])
        if kept:
            connection.execute(KEEP, [self._name, list(kept), list(kept.values())])
