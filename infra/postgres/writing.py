"""Folding events into the tables of a read model, within a transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from application.ports.projections import Parked, Poisoned
from infra.postgres.database import LOST, Connection, blames_record
from infra.postgres.positions import park
from projections.projection import PostgresProjection


class PostgresWriting:
    """One transaction, which `begin` begins, and begins again where the first events fail.

    So the usual case, in which nothing fails, needs no savepoint.
    """

    def __init__(
        self, connection: Connection, projection: PostgresProjection, begin: Callable[[], None]
    ) -> None:
        self.changed: list[Any] = []
        self._connection = connection
        self._projection = projection
        self._begin = begin
        self._is_first = True

    def apply(self, events: Sequence[Any]) -> None:
        """See `ports.projections.Writing.apply`."""
        first, self._is_first = self._is_first, False
        if not first:
            self._connection.execute("SAVEPOINT applied")
        try:
            changed = self._projection.apply(self._connection, events)
        except Exception as error:
            if (reason := reason_to_park(error)) is None:
                raise
            self._go_back(first)
            raise Poisoned(reason) from error
        if not first:
            self._connection.execute("RELEASE applied")
        self.changed.extend(changed)

    def _go_back(self, first: bool) -> None:
        if first:
            self._connection.rollback()
            self._begin()
        else:
            self._connection.execute("ROLLBACK TO applied; RELEASE applied")

    def park(self, parked: Sequence[Parked]) -> None:
        """See `ports.projections.Writing.park`."""
        park(self._connection, self._projection.name, parked)


@contextmanager
def transaction(
    connection: Connection, projection: PostgresProjection, begin: Callable[[], None]
) -> Iterator[PostgresWriting]:
    """Commit when the block ends well; else nothing has happened. Autocommit is on."""
    try:
        begin()
        writing = PostgresWriting(connection, projection, begin)
        yield writing
        connection.execute("COMMIT")
    except BaseException:
        with suppress(*LOST):  # a connection that is lost has nothing to roll back
            connection.rollback()
        raise


def reason_to_park(error: Exception) -> str | None:
    """What an event made a fold raise, whatever it is; None where the event is not to blame."""
    if isinstance(error, psycopg.Error) and not blames_record(error):
        return None
    told = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {told or error}"
