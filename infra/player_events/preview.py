"""What records of players' events would change, if they were appended now."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from application.ports.projections import Change
from domain.player_events.corrections import CORRECTIONS, REPLACED, replacement
from domain.player_events.event import PlayerEvent
from infra.errors import SetupError
from infra.eventlog.partition import partition_for
from infra.postgres.database import Connection, Database
from infra.postgres.positions import LOCK, load_checkpoints, move
from infra.postgres.writing import reason_to_park
from projections.player_events.event_archive import EventArchive
from projections.player_events.leaderboards import Leaderboards
from projections.player_events.player_statistics import PlayerStatisticsRecord

CONSUMERS = (EventArchive, PlayerStatisticsRecord, Leaderboards)
"""In the order in which they have to take a record, since the others read the archive."""

BOARDS = """
    SELECT DISTINCT game_id, period, starts_on::text FROM leaderboard_scores
    WHERE player_id = ANY(%s)
"""

EVENTS = """
    SELECT event_id::text, event_type || ' in ' || game_id || ' at ' || event_timestamp || ' '
        || data::text
    FROM events WHERE player_id = ANY(%s) AND event_id = ANY(%s::uuid[])
"""

STATISTICS = """
    SELECT player_id, total_events || ' events ' || event_breakdown::text || ', the last at '
        || last_event_at
    FROM player_statistics WHERE player_id = ANY(%s)
"""

PLACES = """
    SELECT concat_ws(' ', game_id, period, starts_on, player_id), 'rank ' || rank || ', ' || score
    FROM leaderboards WHERE (game_id, period, starts_on::text) = (%s, %s, %s)
"""

SCORES = """
    SELECT concat_ws(' ', game_id, period, starts_on, player_id), score::text
    FROM leaderboard_scores WHERE player_id = ANY(%s)
"""

RowKey = tuple[str, str]
"""Table and key."""

BoardRow = tuple[str, str, str]
"""Game, period, and the day it starts on."""


def preview(database: Database, records: Sequence[PlayerEvent]) -> list[Change]:
    """Run the consumers on these records in a transaction that is rolled back; change nothing.

    What the archive holds already and another consumer has yet to count shows as a change too.
    Raises `SetupError` where a consumer has no read model yet or could not take a record.
    """
    players = sorted({record.player_id for record in records})
    with database.another() as connection, connection.transaction(force_rollback=True):
        placed = _placed(connection, records)
        for kind in CONSUMERS:  # nobody else writes while their positions are locked
            connection.execute(LOCK, [kind.name])
        told = [_told(record) for record in records]
        ids = [each.event_id for each in told if each.event_type not in CORRECTIONS]
        boards = _boards(connection, players)
        with connection.transaction(force_rollback=True):
            for kind in CONSUMERS:
                _apply(connection, kind(), placed)
            boards |= _boards(connection, players)
            after = dict(_rows(connection, players, boards, ids))
        before = dict(_rows(connection, players, boards, ids))
    changed = [key for key in before | after if before.get(key) != after.get(key)]
    return [Change(*key, before.get(key), after.get(key)) for key in sorted(changed)]


def _placed(connection: Connection, records: Sequence[PlayerEvent]) -> list[PlayerEvent]:
    """The records where they would stand, if nobody else wrote."""
    ends = {c.partition: c.offset for c in load_checkpoints(connection, EventArchive.name)}
    if not ends:
        raise SetupError(
            "There is no archive of players' events yet; let its worker run "
            f"(gamehall worker {EventArchive.name})."
        )
    placed = []
    for record in records:
        partition = partition_for(record.player_id, len(ends))
        offset, ends[partition] = ends[partition], ends[partition] + 1
        placed.append(msgspec.structs.replace(record, partition=partition, offset=offset))
    return placed


def _apply(connection: Connection, consumer: Any, placed: Sequence[PlayerEvent]) -> None:
    try:
        consumer.apply(connection, placed)
    except Exception as error:
        if (reason := reason_to_park(error)) is None:
            raise
        raise SetupError(f"{consumer.name} could not take this: {reason}") from error
    ends = {each.partition: each.offset + 1 for each in placed}
    standing = load_checkpoints(connection, consumer.name)
    moved = [
        c._replace(offset=ends[c.partition], next_seq=ends[c.partition])
        for c in standing
        if c.partition in ends
    ]
    move(connection, consumer.name, moved, {(c.topic, c.partition): c.offset for c in standing})


def _boards(connection: Connection, players: Sequence[str]) -> set[BoardRow]:
    return set(connection.execute(BOARDS, [players]).fetchall())


def _told(record: PlayerEvent) -> PlayerEvent:
    return replacement(record) if record.event_type == REPLACED else record


def _rows(
    connection: Connection,
    players: Sequence[str],
    boards: set[BoardRow],
    ids: Sequence[str],
) -> Iterator[tuple[RowKey, str]]:
    for key, text in connection.execute(EVENTS, [players, ids]):
        yield ("events", key), text
    for key, text in connection.execute(STATISTICS, [players]):
        yield ("player_statistics", key), text
    for key, text in connection.execute(SCORES, [players]):
        yield ("leaderboard_scores", key), text
    for board in boards:
        for key, text in connection.execute(PLACES, board):
            yield ("leaderboards", key), text
