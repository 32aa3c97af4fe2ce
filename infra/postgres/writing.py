"""Folding events into the tables of a read model, within a transaction."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from application.ports.projections import Parked, Poisoned
from infra.postgres.database import Connection, blames_record
from infra.postgres.positions import park
from projections.projection import PostgresProjection


class PostgresWriting:
    """One transaction, which somebody else begins and ends.

    With `begin`, it is begun again where the first events fail, so that the usual case, in which
    nothing fails, needs no savepoint. Without, every attempt has one.
    """

    def __init__(
        self,
        connection: Connection,
        projection: PostgresProjection,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self.changed: list[Any] = []
        self._connection = connection
        self._projection = projection
        self._begin = begin

    def apply(self, events: Sequence[Any]) -> None:
        """See `ports.projections.Writing.apply`."""
        begin, self._begin = self._begin, None
        if begin is None:
            self._connection.execute("SAVEPOINT applied")
        try:
            changed = self._projection.apply(self._connection, events)
        except Exception as error:
            if (reason := reason_to_park(error)) is None:
                raise
            self._go_back(begin)
            raise Poisoned(reason) from error
        if begin is None:
            self._connection.execute("RELEASE applied")
        self.changed.extend(changed)

    def _go_back(self, begin: Callable[[], None] | None) -> None:
        if begin is None:
            self._connection.execute("ROLLBACK TO applied")
            self._connection.execute("RELEASE applied")
        else:
            self._connection.rollback()
            begin()

    def park(self, parked: Sequence[Parked]) -> None:
        """See `ports.projections.Writing.park`."""
        park(self._connection, self._projection.name, parked)


def reason_to_park(error: Exception) -> str | None:
    """What an event made a fold raise, whatever it is; None where the event is not to blame."""
    if isinstance(error, psycopg.Error) and not blames_record(error):
        return None
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {told or error}"
