"""An example of everything that goes in or out, for the OpenAPI document."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from application.envelopes import RefusalBody, Unanswered, VerdictMessage
from application.player_events.intake import Report
from application.player_events.repair import Repair
from application.ports.commands import Answer
from application.ports.projections import Change
from domain.events import Position
from domain.games.commands import GameView, Seek
from domain.personal import Sealed
from domain.player_events.letters import DeadLetter
from domain.waitroom.commands import JoinWaitroom, Place, Room
from interfaces.http.games.routes import Cancelling, Moving, Resigning, Seeking
from interfaces.http.operations.access import Ticket
from interfaces.http.operations.commands import CommandEnvelope
from interfaces.http.operations.health import Health
from interfaces.http.operations.history import PastEvent, PastState
from interfaces.http.platform.problems import InvalidField, ProblemDetails
from interfaces.http.player_events.dead_letters import Retrial
from interfaces.http.player_events.ingest import BatchResult, EventResult, Ingested
from interfaces.http.waitroom.join import Joining
from interfaces.http.waitroom.routes import Leaving, Opening
from projections.games.game_records import BoardRecord, GameRecord, MoveRecord, UserRecord
from projections.games.standings import RankedEntry, Standings
from projections.player_events.activity_queries import (
    ActiveGame,
    ActiveGames,
    Activity,
    Cohort,
    DayOfGame,
    Funnel,
    FunnelStep,
    Retention,
)
from projections.player_events.dead_letters import DeadLetterPage
from projections.player_events.event_archive import ArchivedEvent, EventPage
from projections.player_events.leaderboard_queries import Leaderboard, RankedPlayer
from projections.player_events.player_statistics import PlayerStatistics
from projections.waitroom.queue import QueueOverview, QueuePlace

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
EVENT, USER, OPPONENT = "concert-2026", "user-123", "user-456"
SESSION = "0d9d3b7c1a5e4f0f8a3b6c2d1e0f9a8b"
GAME = "5b1f0c8e9d7a4b6c8e2d1f3a5c7b9d0e"
BOARD = ["......."] * 4 + ["...2...", "...1..."]

EVENT_ID = "01a1fed9-2ccc-77fc-8956-ce3ebc4ee0b5"

ACCEPTED = EventResult(status="accepted", event_id=EVENT_ID)
ARCHIVED = ArchivedEvent(
    event_id=EVENT_ID,
    event_type="player_score",
    player_id=USER,
    game_id="game-456",
    timestamp=NOON,
    ingested_at=NOON,
    data=msgspec.Raw(b'{"score":1500}'),
)
BEST_SCORE = RankedPlayer(rank=1, player_id=USER, score=1_500)
PLAYED_ON = DayOfGame(
    day=NOON.date(),
    daily_active=120,
    monthly_active=900,
    new_players=17,
    sessions=210,
    mean_session_seconds=754.5,
)
COHORT = Cohort(day=NOON.date(), size=17, returned=[9, 7, 4])
ACTIVE_GAME = ActiveGame(game_id="game-456", last_day=NOON.date())
STARTED = FunnelStep(event_type="session_started", players=120)
LETTER = DeadLetter(
    id="leaderboards.dlq:2:17",
    consumer_service="leaderboards",
    key=USER,
    player_id=USER,
    event_id=EVENT_ID,
    original_event='{"event_type":"player_score","data":{"score":"ten"}}',
    error_message="ValidationError: Expected `int`, got `str` - at `$.score`",
    position="player.events.raw/2@4711",
    created_at=NOON,
)
CHANGE = Change(
    table="leaderboard_scores", key=f"game-456 alltime 1970-01-01 {USER}", before=None, after="10"
)
MOVE = MoveRecord(move=1, player=USER, column=3, row=5, timestamp=NOON)
PLAYED = BoardRecord(game_id=GAME, move=2, board=BOARD, line=None)
BEST = RankedEntry(rank=1, user_id=USER, score=21, wins=7, draws=1, losses=2, reached_at=NOON)
JOIN = JoinWaitroom(event_id=EVENT, user_id=USER, session_id=SESSION)
PLACE = Place(
    session_id=SESSION,
    event_id=EVENT,
    user_id=USER,
    status="ready",
    priority=0,
    ticket=42,
    position=0,
    joined_at=NOON,
    deadline=LATER,
)
WAITING = QueuePlace(
    session_id=SESSION,
    event_id=EVENT,
    user_id=USER,
    status="waiting",
    priority=0,
    ticket=42,
    position=7,
    people_ahead=6,
    joined_at=NOON,
    display_name="Ada",
)
GAME_VIEW = GameView(
    game_id=GAME,
    player1=USER,
    player2=OPPONENT,
    status="playing",
    moves=2,
    to_move=USER,
    board=BOARD,
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
RECORD = GameRecord(
    **msgspec.structs.asdict(GAME_VIEW),
    bot_level=None,
    duration=None,
    created_at=NOON,
    ended_at=None,
)

EXAMPLES: dict[str, msgspec.Struct] = {
    type(example).__name__: example
    for example in (
        Opening(event_id=EVENT, capacity=10, checkout_seconds=300.0),
        Room(event_id=EVENT, capacity=10, checkout_seconds=300.0),
        Joining(user_id=USER, event_id=EVENT),
        Sealed(subject=USER, sealed="9q2-7wAAAAAAAAAAc2VhbGVkIGluIGFuIGV4YW1wbGUsIG5vdCBvcGVu"),
        Leaving(event_id=EVENT, session_id=SESSION),
        PLACE,
        WAITING,
        QueueOverview(
            event_id=EVENT,
            capacity=10,
            checkout_seconds=300.0,
            joined=52,
            waiting=40,
            ready=10,
            completed=2,
        ),
        Seeking(bot_level="medium"),
        Seek(user_id=USER, game_id=GAME, status="seeking"),
        Cancelling(),
        Moving(column=3),
        Resigning(),
        GAME_VIEW,
        RECORD,
        MOVE,
        PLAYED,
        BEST,
        Standings(entries=[BEST], total=1),
        UserRecord(
            user_id=USER, username=USER, games_played=10, wins=7, losses=2, draws=1, score=22
        ),
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
        Report(
            event_type="player_score",
            player_id=USER,
            game_id="game-456",
            timestamp=NOON,
            data=msgspec.Raw(b'{"score":1500}'),
            event_id=UUID(EVENT_ID),
        ),
        Ingested(event_id=EVENT_ID, ingested_at=NOON),
        ACCEPTED,
        ARCHIVED,
        EventPage(events=[ARCHIVED], before=None),
        PlayerStatistics(
            player_id=USER, total_events=3, last_event=NOON, event_breakdown={"player_score": 3}
        ),
        BEST_SCORE,
        Leaderboard(entries=[BEST_SCORE], total=1),
        ACTIVE_GAME,
        ActiveGames(games=[ACTIVE_GAME]),
        PLAYED_ON,
        Activity(days=[PLAYED_ON]),
        COHORT,
        Retention(cohorts=[COHORT]),
        STARTED,
        Funnel(steps=[STARTED, FunnelStep(event_type="purchase_made", players=8)]),
        LETTER,
        DeadLetterPage(letters=[LETTER], before=None),
        Repair(
            event_type="player_score",
            player_id=USER,
            game_id="game-456",
            timestamp=NOON,
            data=msgspec.Raw(b'{"score":10}'),
        ),
        CHANGE,
        Retrial(letter=LETTER, changes=[CHANGE]),
        BatchResult(accepted=1, refused=0, ingested_at=NOON, results=[ACCEPTED]),
        Ticket(ticket="p4Xc1n0d6bqk3m9s7w2y5t8v1z4a6c8e", expires_in=30),
        CommandEnvelope(command_id="checkout-17", command=JOIN),
        VerdictMessage.of(Answer(Position("waitroom-log", 3, 17), PLACE)),
        RefusalBody(type="not-admitted", status=409, detail="Session '0d9d' still waits in line."),
        Unanswered(detail="The log does not answer.", retry_after=1.0),
        Health(status="ready"),
        InvalidField(field="$.capacity", message="Expected `int`, got `str`"),
        ProblemDetails(
            type="urn:gamehall:problem:not-your-session",
            title="Not your session",
            status=403,
            detail="Session '0d9d' belongs to somebody else.",
            instance="/api/v1/waitroom/leave",
        ),
    )
}
