"""Taking over a guest's events: copies under the account's id, and then a void of the guest's."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import dict_row

from application.player_events.merging import FIRST, LAST, copy_of, void_id, void_of
from application.ports.commands import Unavailable
from domain.events import Position
from domain.player_events.corrections import RESERVED
from domain.player_events.event import PlayerEvent
from infra.kafka.append import AppendFailed
from infra.player_events.publishing import publish
from infra.postgres.caught_up import away_or_missing, require_caught_up
from projections.player_events import EVENT_ARCHIVE, PLAYER_STATISTICS
from projections.player_events.event_archive import RECORD, record_of
from projections.positions import Pool

AT_ONCE = 250
"""Events that are held at a time; one has 64 KiB at most."""

MOST_EVENTS = 10_000
"""Events that one request copies; more are left for the next."""

MOST_CHARACTERS = 100
"""Of the id of whom events are."""

COUNTING = f"""
    SELECT {RECORD} FROM events
    WHERE player_id = %(guest)s AND event_timestamp <= %(timestamp)s
        AND (event_timestamp < %(timestamp)s
            OR (event_id, ingested_at) > (%(event_id)s::uuid, %(ingested_at)s))
        AND NOT starts_with(event_type, '{RESERVED}')
        AND NOT EXISTS (
            SELECT FROM player_statistics_voids AS void
            WHERE void.player_id = events.player_id AND void.event_id <> %(void)s::uuid
                AND since <= least(event_timestamp, ingested_at)
                AND least(event_timestamp, ingested_at) < until
        )
    ORDER BY event_timestamp DESC, event_id, ingested_at LIMIT {AT_ONCE}
"""  # noqa: S608  constants
"""What an operator has voided counts for nobody, and is not taken over; the void of the merge
itself is none of these, so that what is told of the guest later is taken over, too."""

KNOWN = """
    SELECT event_id::text FROM events WHERE player_id = %s AND event_id = ANY(%s::uuid[])
"""

IN_FORCE = "SELECT FROM player_statistics_voids WHERE player_id = %s AND event_id = %s::uuid"


LATEST = {"timestamp": LAST, "event_id": str(UUID(int=0)), "ingested_at": FIRST}
"""Where the first page begins: an event's place among others of its player."""


class Takeover:
    """A guest's events, on their way to an account."""

    def __init__(self, bootstrap: str, pool: Pool, guest: str, into: str) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._guest = guest
        self._into = into

    async def copy(self) -> int:
        """Append what counts and is not copied yet; gives how much that was, durable by then.

        Raises `Unavailable`, also where something is left.
        """
        if len(self._into) > MOST_CHARACTERS:
            raise Unavailable(f"No events are of an id of more than {MOST_CHARACTERS} characters.")
        for model in (EVENT_ARCHIVE, PLAYER_STATISTICS):  # an earlier copy is seen, and voids are
            await require_caught_up(self._bootstrap, self._pool, model.name)
        copied = 0
        async for events in self._pages():
            new = await self._not_copied([copy_of(event, self._into) for event in events])
            await self._append(new)
            copied += len(new)
            if copied >= MOST_EVENTS:
                raise Unavailable(f"{copied:,} events were taken over, and there may be more.")
        return copied

    async def void(self, by: str) -> Position | None:
        """Let nothing of the guest count any more: where that is said, if it was not yet."""
        with away_or_missing("PostgreSQL does not tell"):
            async with self._pool.connection() as connection:
                asked = [self._guest, void_id(self._guest, self._into)]
                if (await connection.execute(IN_FORCE, asked)).rowcount:
                    return None
        void = void_of(self._guest, self._into, by=by, at=datetime.now(UTC))
        return (await self._append([void]))[-1]

    async def _pages(self) -> AsyncIterator[Sequence[PlayerEvent]]:
        asked = {"guest": self._guest, "void": void_id(self._guest, self._into), **LATEST}
        while events := await self._page(asked):
            yield events
            asked |= {name: getattr(events[-1], name) for name in LATEST}

    async def _page(self, asked: Mapping[str, object]) -> Sequence[PlayerEvent]:
        with away_or_missing("The archive cannot be read"):
            async with (
                self._pool.connection() as connection,
                connection.cursor(row_factory=dict_row) as cursor,
            ):
                rows = await (await cursor.execute(COUNTING, asked)).fetchall()
        return [record_of(row) for row in rows]

    async def _not_copied(self, copies: Sequence[PlayerEvent]) -> Sequence[PlayerEvent]:
        """Without those that the archive has: their ids are not remembered for ever elsewhere."""
        with away_or_missing("The archive cannot be read"):
            async with self._pool.connection() as connection:
                asked = [self._into, [copy.event_id for copy in copies]]
                rows = await (await connection.execute(KNOWN, asked)).fetchall()
        known = {event_id for (event_id,) in rows}
        return [copy for copy in copies if copy.event_id not in known]

    async def _append(self, records: Sequence[PlayerEvent]) -> Sequence[Position]:
        if not records:
            return ()
        try:
            return await asyncio.to_thread(publish, self._bootstrap, records)
        except AppendFailed as error:
            raise Unavailable(f"Kafka did not take it: {error.reason}.") from error
