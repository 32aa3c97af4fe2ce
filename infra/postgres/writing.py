"""Folding events into the tables of a read model, within a transaction."""

from collections.abc import Sequence
from typing import Any

import psycopg

from application.ports.projections import Parked, Poisoned
from application.ports.reading import Checkpoint
from infra.postgres.database import Connection, blames_record
from infra.postgres.positions import move, park
from projections.projection import PostgresProjection

SAVEPOINT = "SAVEPOINT applied"


class PostgresWriting:
    """One transaction, which somebody else begins and ends."""

    def __init__(self, connection: Connection, projection: PostgresProjection) -> None:
        self.checkpoints: Sequence[Checkpoint] = ()
        self.changed: list[Any] = []
        self._parked: Sequence[Parked] = ()
        self._connection = connection
        self._projection = projection
        self._marked = self._applied = False

    def mark(self) -> None:
        """Set the savepoint that a failure goes back to; `apply` does, unless somebody has."""
        if self._applied:
            self._connection.execute("RELEASE applied")
        self._connection.execute(SAVEPOINT)
        self._marked, self._applied = True, False

    def apply(self, events: Sequence[Any]) -> None:
        """See `ports.projections.Writing.apply`."""
        if self._applied or not self._marked:
            self.mark()
        try:
            self.changed.extend(self._projection.apply(self._connection, events))
            self._applied = True
        except Exception as error:  # whatever an event makes a fold raise, it is the event
            if isinstance(error, psycopg.Error) and not blames_record(error):
                raise
            self._go_back()
            raise Poisoned(_reason(error)) from error

    def _go_back(self) -> None:
        self._connection.execute("ROLLBACK TO applied")

    def move(self, checkpoints: Sequence[Checkpoint], parked: Sequence[Parked]) -> None:
        """See `ports.projections.Writing.move`."""
        self.checkpoints, self._parked = checkpoints, parked

    def store(self) -> None:
        """Write the position and what is parked."""
        if self.checkpoints:
            move(self._connection, self._projection.name, self.checkpoints)
        park(self._connection, self._projection.name, self._parked)


def _reason(error: Exception) -> str:
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {told or error}"
