"""What corrections do to a read model that counts players' events.

At a correction, the player is counted again: their rows are taken away, and made of what the
archive holds of them up to there, without what is voided. So a rebuild comes to the same rows, and
a correction that is read twice changes nothing. `<consumer>_voids` holds the voids in force.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from domain.events import Position
from domain.player_events.corrections import (
    CORRECTIONS,
    RESERVED,
    PlayerErased,
    PlayerRestored,
    PlayerVoided,
    correction_of,
)
from domain.player_events.event import PlayerEvent
from projections.people import TableSays
from projections.player_events import event_archive
from projections.positions import PASSED
from projections.projection import Table

Connection = psycopg.Connection[Any]

ANY = "SELECT FROM {table} LIMIT 1"

OF_PLAYERS = "SELECT player_id, since, until, by, reason FROM {table} WHERE player_id = ANY(%s)"

VOID = """
    INSERT INTO {table} (event_id, player_id, since, until, by, reason)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

EMPTY = "UPDATE {table} SET reason = '' WHERE player_id = %s"

RESTORE = "DELETE FROM {table} WHERE event_id::text = %s AND player_id = %s"

ARCHIVED = f"""
    SELECT {event_archive.RECORD} FROM events
    WHERE player_id = %s AND partition = %s AND "offset" <= %s
        AND NOT starts_with(event_type, '{RESERVED}')
    ORDER BY "offset"
"""  # noqa: S608  constants


def voids_table(name: LiteralString) -> Table:
    """The table of the voids in force, as one consumer has read them."""
    return Table(
        name,
        ("event_id",),
        says=TableSays(
            of=("player_id", "by"),
            emptied=("reason",),
            facts=("event_id", "since", "until"),
            found="player_id = %(user_id)s",
            stays="which of your scores do not count: the ranks of others depend on it",
        ),
    )


class ArchiveBehind(psycopg.OperationalError):
    """The archive has yet to read what a correction needs of it; it may have in a moment."""


def parts(events: Sequence[PlayerEvent]) -> Iterator[tuple[bool, Sequence[PlayerEvent]]]:
    """The events in their order, as runs of corrections (True) and of others (False)."""
    if CORRECTIONS.isdisjoint(map(attrgetter("event_type"), events)):
        yield False, events
        return
    for correcting, run in groupby(events, lambda event: event.event_type in CORRECTIONS):
        yield correcting, list(run)


class Corrections:
    """The corrections that one consumer has read; its voids are in a table of its own."""

    def __init__(self, table: LiteralString) -> None:
        self._any = ANY.replace("{table}", table)
        self._of_players = OF_PLAYERS.replace("{table}", table)
        self._void = VOID.replace("{table}", table)
        self._empty = EMPTY.replace("{table}", table)
        self._restore = RESTORE.replace("{table}", table)

    def counting(
        self, connection: Connection, events: Sequence[PlayerEvent]
    ) -> Sequence[PlayerEvent]:
        """The events that are not voided."""
        if not events or connection.execute(self._any).fetchone() is None:
            return events
        voids = self._in_force(connection, {event.player_id for event in events})
        return [event for event in events if not _is_voided(event, voids.get(event.player_id, ()))]

    def read(self, connection: Connection, event: PlayerEvent) -> None:
        """Take note of a correction; raises `msgspec.ValidationError` where it says nothing."""
        said = correction_of(event)
        if isinstance(said, PlayerVoided):
            row = event.event_id, event.player_id, said.since, said.until, said.by, said.reason
            connection.execute(self._void, row)
        elif isinstance(said, PlayerRestored):
            connection.execute(self._restore, [said.void, event.player_id])
        elif isinstance(said, PlayerErased):
            connection.execute(self._empty, [event.player_id])

    def again(self, connection: Connection, correction: PlayerEvent) -> Iterator[PlayerEvent]:
        """All events of a correction's player up to there that count; raises `ArchiveBehind`."""
        _require_archived(connection, correction.position)
        place = correction.player_id, correction.partition, correction.offset
        voids = self._in_force(connection, {correction.player_id})
        of_player = voids.get(correction.player_id, ())
        with connection.cursor("again", row_factory=dict_row) as cursor:
            cursor.itersize = 5_000
            for event in map(event_archive.record_of, cursor.execute(ARCHIVED, place)):
                if not _is_voided(event, of_player):
                    yield event

    def _in_force(self, connection: Connection, players: set[str]) -> dict[str, list[PlayerVoided]]:
        voids: dict[str, list[PlayerVoided]] = {}
        rows = connection.execute(self._of_players, [sorted(players)])
        for player_id, since, until, by, reason in rows:
            void = PlayerVoided(since=since, until=until, by=by, reason=reason)
            voids.setdefault(player_id, []).append(void)
        return voids


def _is_voided(event: PlayerEvent, voids: Sequence[PlayerVoided]) -> bool:
    return any(void.covers(event.happened_at) for void in voids)


def _require_archived(connection: Connection, position: Position) -> None:
    place = [position.topic, position.partition, event_archive.NAME]
    row = connection.execute(PASSED, place).fetchone()
    if row is None or row[0] is None or row[0] <= position.seq:
        raise ArchiveBehind(
            f"The archive has not read {position} yet, where a player's events are corrected; "
            f"look whether its worker ({event_archive.NAME}) runs."
        )
