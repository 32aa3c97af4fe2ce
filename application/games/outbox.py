"""What the public is told of games; the names are those of the sources."""

import msgspec

from application.outbox import Outbox, Outgoing
from application.topics import Topic
from domain.events import DomainEvent
from domain.games.events import (
    GameEnded,
    GameStarted,
    MovePlayed,
    ResultHandedOver,
    SeatHandedOver,
)

HOLDS = "beginnings, moves and ends of games"
EVENTS = Topic("game-events", 12, "messages", "`game_id`", "relay", HOLDS)
METRICS = Topic(
    "game-metrics",
    1,
    "snapshots",
    "`hour/…`, `day/…`",
    "game-metrics-relay",
    "games by the hour and by the day",
)


def publish(event: DomainEvent) -> Outgoing | None:
    """See `Outbox`."""
    match event:
        case GameStarted(player1=first, player2=second):
            return _told("game_started", event, player1=first, player2=second)
        case MovePlayed(player=player, column=column, row=row):
            return _told("move", event, player=player, column=column, row=row)
        case GameEnded(winner=winner, result=result, duration=seconds):
            return _told("game_ended", event, winner=winner, result=result, duration=seconds)
        case SeatHandedOver(originator_id=game_id) | ResultHandedOver(game_id=game_id):
            people = {"previous": event.previous, "player": event.user_id}
            return _told("seat_handed_over", event, game_id=game_id, **people)
    return None


def _told(event_type: str, event: DomainEvent, **facts: object) -> Outgoing:
    message = {
        "event_type": event_type,
        "game_id": event.originator_id,
        **facts,
        "timestamp": int(event.timestamp.timestamp()),
    }
    return Outgoing(EVENTS.name, str(message["game_id"]), msgspec.json.encode(message))


ALL = ("event_type", "game_id", "timestamp")

TELLS = {
    EVENTS.name: {
        "game_started": (*ALL, "player1", "player2"),
        "move": (*ALL, "player", "column", "row"),
        "game_ended": (*ALL, "winner", "result", "duration"),
        "seat_handed_over": (*ALL, "previous", "player"),
    }
}

OUTBOX = Outbox((EVENTS,), publish, TELLS)
