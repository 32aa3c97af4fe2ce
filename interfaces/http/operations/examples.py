"""An example of everything that goes in or out of what runs the hall."""

from datetime import UTC, datetime, timedelta

import msgspec

from application.envelopes import RefusalBody, Unanswered, VerdictMessage
from application.ports.commands import Answer
from domain.events import Position
from domain.games.commands import GameView
from domain.waitroom.commands import JoinWaitroom, Place
from interfaces.http.operations.access import Ticket
from interfaces.http.operations.commands import CommandEnvelope
from interfaces.http.operations.health import Health
from interfaces.http.operations.history import PastEvent, PastState

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVENT, USER, OPPONENT = "concert-2026", "user-123", "user-456"
SESSION = "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"
GAME = "5b1f0c8e9d7a4b6c8e2d1f3a5c7b9d0e"

GAME_VIEW = GameView(
    game_id=GAME,
    player1=USER,
    player2=OPPONENT,
    status="playing",
    moves=2,
    to_move=USER,
    board=["......."] * 4 + ["...2...", "...1..."],
)
PLACE = Place(
    session_id=SESSION,
    event_id=EVENT,
    user_id=USER,
    status="ready",
    priority=0,
    ticket=42,
    position=0,
    joined_at=NOON,
    deadline=NOON + timedelta(minutes=5),
)
MOVED = PastEvent(
    version=3,
    position="game-log/3@17",
    type="game.move-played.v1",
    timestamp=NOON,
    command_id="2f7c5d1e9b3a4c6d8e0f1a2b3c4d5e6f",
    actor=OPPONENT,
    facts={"player": OPPONENT, "column": 3, "row": 4, "move": 2},
)

HISTORY_EXAMPLES = (
    MOVED,
    PastState(
        category="game",
        aggregate_id=GAME,
        version=3,
        position="game-log/3@17",
        timestamp=NOON,
        state=msgspec.to_builtins(GAME_VIEW),
        events=[MOVED],
    ),
)
ACCESS_EXAMPLES = (Ticket(ticket="p4Xc1n0d6bqk3m9s7w2y5t8v1z4a6c8e", expires_in=30),)
COMMAND_EXAMPLES = (
    CommandEnvelope(
        command_id="checkout-17",
        command=JoinWaitroom(event_id=EVENT, user_id=USER, session_id=SESSION),
    ),
    VerdictMessage.of(Answer(Position("waitroom-log", 3, 17), PLACE)),
    RefusalBody(type="not-admitted", status=409, detail="Session '0d9d' still waits in line."),
    Unanswered(detail="The log does not answer.", retry_after=1.0),
)
HEALTH_EXAMPLES = (Health(status="ready"),)
