"""What players did, as a topic in memory holds it, and what must come of it."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from domain.player_events.event import PlayerEvent
from domain.player_events.scores import score_of, starts_of
from infra.eventlog.partition import partition_for

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
RETENTION = timedelta(days=7)


class Told:
    """A topic; events of one player keep their order, as in Kafka."""

    def __init__(self, partitions: int = 4) -> None:
        self.partitions = partitions
        self.events: list[PlayerEvent] = []
        self._ends: dict[int, int] = defaultdict(int)

    def tell(self, *events: PlayerEvent) -> list[PlayerEvent]:
        """Append events; the same one may be told again, and is another record."""
        placed = [self._place(event) for event in events]
        self.events.extend(placed)
        return placed

    def _place(self, event: PlayerEvent) -> PlayerEvent:
        partition = partition_for(event.player_id, self.partitions)
        offset, self._ends[partition] = self._ends[partition], self._ends[partition] + 1
        return msgspec.structs.replace(event, partition=partition, offset=offset)


def scored(
    player_id: str = "ada",
    points: Any = 10,
    *,
    game_id: str = "chess",
    at: datetime = NOON,
    taken: datetime | None = None,
    id: str | None = None,
) -> PlayerEvent:
    """A player scored; without an `id`, Gamehall minted one."""
    return PlayerEvent(
        event_id=id or str(uuid.uuid4()),
        event_type="player_score",
        player_id=player_id,
        game_id=game_id,
        timestamp=at,
        ingested_at=taken or at,
        data=msgspec.Raw(msgspec.json.encode({"score": points})),
        minted=id is None,
    )


def did(kind: str, player_id: str = "ada", **facts: Any) -> PlayerEvent:
    """A player did something else."""
    return msgspec.structs.replace(scored(player_id, **facts), event_type=kind)


# -- what must come of it, computed as plainly as can be -------------------------------------------


def counted(events: Sequence[PlayerEvent]) -> list[PlayerEvent]:
    """The events that count: each id of a player once within the retention."""
    latest: dict[tuple[str, str], datetime] = {}
    found = []
    for event in sorted(events, key=lambda event: (event.partition, event.offset)):
        key = event.player_id, event.event_id
        if key not in latest or event.ingested_at - latest[key] >= RETENTION:
            latest[key] = event.ingested_at
            found.append(event)
    return found


def statistics(events: Sequence[PlayerEvent]) -> dict[str, dict[str, Any]]:
    """The row of each player."""
    rows: dict[str, dict[str, Any]] = {}
    for player in {event.player_id for event in events}:
        theirs = [event for event in events if event.player_id == player]
        kinds = [event.event_type for event in theirs]
        rows[player] = {
            "total_events": len(theirs),
            "event_breakdown": {kind: kinds.count(kind) for kind in kinds},
            "last_event_at": max(event.happened_at for event in theirs),
            "created_at": min(event.ingested_at for event in theirs),
            "updated_at": max(event.ingested_at for event in theirs),
        }
    return rows


def scores(events: Sequence[PlayerEvent]) -> dict[tuple[str, str, date], dict[str, int]]:
    """The players of each board."""
    boards: dict[tuple[str, str, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in events:
        if points := score_of(event):
            for period, starts_on in starts_of(event.happened_at.date()).items():
                boards[event.game_id, period, starts_on][event.player_id] += points
    return {board: dict(players) for board, players in boards.items()}


def ranks(players: dict[str, int], best: int = 100) -> list[tuple[int, str, int]]:
    """Rank, player and score, the best first."""
    order = sorted(players, key=lambda player: (-players[player], player))[:best]
    all_scores = list(players.values())
    return [(1 + sum(s > players[p] for s in all_scores), p, players[p]) for p in order]
