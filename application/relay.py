"""The relay: which events the public topics tell, and in which words."""

from typing import NamedTuple

import msgspec

from domain.events import DomainEvent
from domain.games.events import GameEnded, GameStarted, MovePlayed
from domain.waitroom.events import SessionAdmitted, WaitroomJoined, WaitroomLeft

NAME = "relay"
TOPICS = ("QUEUE_JOINED", "QUEUE_LEFT", "QUEUE_READY", "game-events")


class Outgoing(NamedTuple):
    """A record for a public topic."""

    topic: str
    key: str
    value: bytes


def publish(event: DomainEvent) -> Outgoing | None:
    """What the public is told of an event, if anything; the names are those of the sources."""
    return _of_queue(event) or _of_game(event)


def _of_queue(event: DomainEvent) -> Outgoing | None:
    match event:
        case WaitroomJoined(position=position, timestamp=joined_at):
            return _queue("QUEUE_JOINED", event, position=position, joined_at=joined_at)
        case WaitroomLeft():
            return _queue("QUEUE_LEFT", event)
        case SessionAdmitted(deadline=deadline):
            return _queue("QUEUE_READY", event, deadline=deadline)
    return None


def _of_game(event: DomainEvent) -> Outgoing | None:
    match event:
        case GameStarted(player1=first, player2=second):
            return _game("game_started", event, player1=first, player2=second)
        case MovePlayed(player=player, column=column, row=row):
            return _game("move", event, player=player, column=column, row=row)
        case GameEnded(winner=winner, result=result, duration=seconds):
            return _game("game_ended", event, winner=winner, result=result, duration=seconds)
    return None


def _queue(
    topic: str, event: WaitroomJoined | WaitroomLeft | SessionAdmitted, **facts: object
) -> Outgoing:
    message = {
        "session_id": event.session_id,
        "user_id": event.user_id,
        "event_id": event.originator_id,
        **facts,
        "timestamp": event.timestamp,
    }
    return Outgoing(topic, event.originator_id, msgspec.json.encode(message))


def _game(event_type: str, event: DomainEvent, **facts: object) -> Outgoing:
    message = {
        "event_type": event_type,
        "game_id": event.originator_id,
        **facts,
        "timestamp": int(event.timestamp.timestamp()),
    }
    return Outgoing("game-events", event.originator_id, msgspec.json.encode(message))
