"""`player-statistics`: how much every player did; PostgreSQL is the record, Redis answers.

- `player_statistics`, a row for each player: how many events, and of each type; when the last one
  happened; when the first and the latest were taken in.
- `player_statistics_seen`, `player_statistics_voids`: see `seen_ids` and `corrections`.
- Redis, behind the generation's name: `player_stats:{player_id}`, a hash of `total_events`,
  `last_event` and `event_{type}` for each type.

A row is the same in whatever order its events are counted: sums, minima and maxima.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
from redis.asyncio import Redis
from redis.client import Pipeline

from domain.player_events.corrections import ERASED, REPLACED, replacement
from domain.player_events.event import PlayerEvent
from projections.generations import RedisQueries
from projections.people import TableSays
from projections.player_events.corrections import Corrections, parts, voids_table
from projections.player_events.seen_ids import SeenIds, seen_table
from projections.projection import Table

NAME = "player-statistics"
BY_TYPE = "event_"

Breakdown = dict[str, int]
"""How many events of each type."""


class PlayerStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What a player did altogether; `last_event` is when they did something last."""

    player_id: str
    total_events: int
    last_event: datetime
    event_breakdown: Breakdown


class EventTally(msgspec.Struct):
    """A player's row."""

    player_id: str
    total_events: int
    event_breakdown: Breakdown
    last_event_at: datetime
    created_at: datetime
    updated_at: datetime

    def add(self, other: "EventTally") -> None:
        """Count what another tally of this player has counted."""
        self.total_events += other.total_events
        for kind, count in other.event_breakdown.items():
            self.event_breakdown[kind] = self.event_breakdown.get(kind, 0) + count
        self.last_event_at = max(self.last_event_at, other.last_event_at)
        self.created_at = min(self.created_at, other.created_at)
        self.updated_at = max(self.updated_at, other.updated_at)


ALL = "SELECT row_to_json(player_statistics)::text FROM player_statistics"

KNOWN = """
    SELECT coalesce(json_agg(known), '[]')::text FROM player_statistics AS known
    WHERE player_id IN (SELECT json_array_elements_text(%s::json))
"""

DELETE = "DELETE FROM player_statistics WHERE player_id = %s"

PUT = """
    INSERT INTO player_statistics
    SELECT * FROM json_populate_recordset(NULL::player_statistics, %s::json)
    ON CONFLICT (player_id) DO UPDATE
    SET total_events = excluded.total_events, event_breakdown = excluded.event_breakdown,
        last_event_at = excluded.last_event_at, created_at = excluded.created_at,
        updated_at = excluded.updated_at
"""
"""All rows as one JSON text: arrays of columns took three times as long (measured)."""


class PlayerStatisticsRecord:
    """The projection; `apply` returns the rows as they have become, for the cache."""

    name = NAME
    handles = (PlayerEvent,)
    tables = (
        Table(
            "player_statistics",
            ("player_id",),
            says=TableSays(
                of=("player_id",),
                facts=(
                    *("total_events", "event_breakdown", "last_event_at"),
                    *("created_at", "updated_at"),
                ),
                stays="how often you did what in a game, without a word of what it was",
            ),
        ),
        seen_table("player_statistics_seen"),
        voids_table("player_statistics_voids"),
    )

    def __init__(self) -> None:
        self._seen = SeenIds("player_statistics_seen")
        self._corrections = Corrections("player_statistics_voids")

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[EventTally]:
        """Count the events that are new; a player who is corrected, again."""
        rows: list[EventTally] = []
        for correcting, part in parts(events):
            if correcting:
                for correction in part:
                    rows += self._correct(connection, correction)
            else:
                rows += self._count(connection, part)
        return rows

    def _correct(
        self, connection: psycopg.Connection[Any], correction: PlayerEvent
    ) -> Iterator[EventTally]:
        """No row, and the new one if there is any."""
        self._corrections.read(connection, correction)
        if correction.event_type == ERASED:
            return  # what is counted stays
        if correction.event_type == REPLACED:
            self._seen.new(connection, [replacement(correction)])
        tallies: dict[str, EventTally] = {}
        count(tallies, self._corrections.again(connection, correction))
        connection.execute(DELETE, [correction.player_id])
        yield nothing_of(correction)
        if rows := list(tallies.values()):
            connection.execute(PUT, [_as_json(rows)])
            yield from rows

    def _count(
        self, connection: psycopg.Connection[Any], events: Sequence[PlayerEvent]
    ) -> Sequence[EventTally]:
        # Read, added to and put back: whoever writes rows holds the position, so nobody else does.
        new = self._corrections.counting(connection, self._seen.new(connection, events))
        if not new:
            return ()
        tallies: dict[str, EventTally] = {}
        count(tallies, new)
        found = connection.execute(KNOWN, [_as_json(list(tallies))]).fetchone()
        assert found is not None
        for known in _tallies(found[0]):
            tallies[known.player_id].add(known)
        rows = [tallies[player] for player in sorted(tallies)]
        connection.execute(PUT, [_as_json(rows)])
        return rows


def nothing_of(event: PlayerEvent) -> EventTally:
    """What the cache is told of a player without a row."""
    at = event.ingested_at
    return EventTally(event.player_id, 0, {}, at, at, at)


def count(tallies: dict[str, EventTally], events: Iterable[PlayerEvent]) -> None:
    """Add events to the rows of their players; for every event of the topic, so with few calls."""
    for event in events:
        kind, happened, taken = event.event_type, event.timestamp, event.ingested_at
        if happened > taken:  # noqa: PLR1730  a call for every event
            happened = taken
        tally = tallies.get(event.player_id)
        if tally is None:
            tally = EventTally(event.player_id, 0, {}, happened, taken, taken)
            tallies[event.player_id] = tally
        tally.total_events += 1
        kinds = tally.event_breakdown
        kinds[kind] = kinds.get(kind, 0) + 1
        if happened > tally.last_event_at:  # noqa: PLR1730
            tally.last_event_at = happened
        if taken > tally.updated_at:
            tally.updated_at = taken
        elif taken < tally.created_at:
            tally.created_at = taken


_tallies = msgspec.json.Decoder(list[EventTally]).decode


def _as_json(rows: Sequence[Any]) -> str:
    return msgspec.json.encode(rows).decode()


# -- the cache -------------------------------------------------------------------------------------


class PlayerStatisticsCache:
    """The answers in Redis: a fold of rows, each the last word on its player."""

    name = NAME
    handles = PlayerStatisticsRecord.handles

    def fold(self, rows: Sequence[EventTally]) -> "CachedStatistics":
        """What these rows do."""
        return CachedStatistics(rows)

    def rows(self, connection: psycopg.Connection[Any]) -> Iterator[EventTally]:
        """Every row of the record."""
        with connection.cursor(NAME) as cursor:
            cursor.itersize = 5_000
            for (row,) in cursor.execute(ALL):
                yield msgspec.json.decode(row, type=EventTally)


class CachedStatistics(NamedTuple):
    """Rows on their way to Redis."""

    rows: Sequence[EventTally]

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the commands."""
        for row in self.rows:
            key = f"{generation}:player_stats:{row.player_id}"
            if not row.total_events:
                pipeline.delete(key)
                continue
            facts: dict[Any, Any] = {
                "total_events": row.total_events,
                "last_event": row.last_event_at.isoformat(),
            }
            facts |= {f"{BY_TYPE}{kind}": count for kind, count in row.event_breakdown.items()}
            pipeline.hset(key, mapping=facts)


STATS = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
return redis.call('HGETALL', live .. ':player_stats:' .. ARGV[1])
"""


class PlayerStatisticsQueries(RedisQueries):
    """Reads the live statistics; `redis` decodes its responses. Raises `ReadModelMissing`."""

    name = NAME

    def __init__(self, redis: "Redis") -> None:
        super().__init__(redis)
        self._stats = self._script(STATS)

    async def stats(self, player_id: str) -> PlayerStatistics | None:
        """What a player did, or None before their first event."""
        flat: list[Any] = await self._query(self._stats, player_id)
        if not flat:
            return None
        facts: dict[str, str] = dict(zip(flat[::2], flat[1::2], strict=True))
        return PlayerStatistics(
            player_id=player_id,
            total_events=int(facts.pop("total_events")),
            last_event=datetime.fromisoformat(facts.pop("last_event")),
            event_breakdown={
                kind.removeprefix(BY_TYPE): int(n) for kind, n in sorted(facts.items())
            },
        )
