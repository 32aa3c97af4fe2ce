"""What tables know of somebody, as their columns are declared."""

from collections.abc import AsyncIterator
from typing import Any, LiteralString

import msgspec
from psycopg import sql
from psycopg.rows import dict_row

from application.personal import Open
from application.ports.people import Knowledge
from domain.personal import Sealed, sealed_in
from infra.away import away_is_unavailable
from projections.people import TableSays
from projections.positions import Pool

FETCH_ROWS = 500


class TableOfPeople(Knowledge):
    """The rows of one table that are about somebody."""

    def __init__(self, table: LiteralString, says: TableSays, pool: Pool, open: Open) -> None:
        self.name = f"table-{table}"
        self.holds = "" if says.instead else f"your rows of the table `{table}`"
        self.stays = says.stays
        self._says = says
        self._pool = pool
        self._open = open
        self._query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.SQL(", ").join(map(sql.Identifier, says.names)),
            sql.Identifier(table),
            sql.SQL(says.condition or "false"),
        )

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        """See `Knowledge`."""
        with away_is_unavailable(f"{self.name} cannot be read"):
            async with (
                self._pool.connection() as connection,
                connection.cursor("people", row_factory=dict_row) as cursor,
            ):
                await cursor.execute(self._query, {"user_id": user_id})
                while rows := await cursor.fetchmany(FETCH_ROWS):
                    for row in rows:
                        yield self._told(row, user_id)

    def _told(self, row: dict[str, Any], user_id: str) -> dict[str, Any]:
        """A row with what is sealed opened, if it is about this very person."""
        for column in self._says.sealed:
            row[column] = self._opened(row[column], user_id)
        return row

    def _opened(self, value: Any, user_id: str) -> str | None:
        if isinstance(value, str):
            sealed = sealed_in(value)
            if sealed is None:
                return value  # something in the open
        elif value is None:
            return None
        else:
            sealed = msgspec.convert(value, Sealed)
        return self._open(sealed) if sealed.subject == user_id else None
