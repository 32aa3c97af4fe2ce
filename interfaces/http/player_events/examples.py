"""An example of everything that goes in or out of players' events."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from application.player_events.intake import Report
from application.player_events.repair import Repair
from application.ports.projections import Change
from domain.player_events.letters import DeadLetter
from interfaces.http.player_events.dead_letters import Retrial
from interfaces.http.player_events.ingest import BatchResult, EventResult, Ingested
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

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EVENT_ID = "01a1fed9-2ccc-77fc-8956-ce3ebc4ee0b5"
USER, GAME, TYPE = "user-123", "game-456", "player_score"
DATA = msgspec.Raw(b'{"score":1500}')

ACCEPTED = EventResult(status="accepted", event_id=EVENT_ID)
ARCHIVED = ArchivedEvent(
    event_id=EVENT_ID,
    event_type=TYPE,
    player_id=USER,
    game_id=GAME,
    timestamp=NOON,
    ingested_at=NOON,
    data=DATA,
)
BEST_SCORE = RankedPlayer(rank=1, player_id=USER, score=1_500)

EVENT_EXAMPLES = (
    Report(
        event_type=TYPE,
        player_id=USER,
        game_id=GAME,
        timestamp=NOON,
        data=DATA,
        event_id=UUID(EVENT_ID),
    ),
    Ingested(event_id=EVENT_ID, ingested_at=NOON),
    ACCEPTED,
    BatchResult(accepted=1, refused=0, ingested_at=NOON, results=[ACCEPTED]),
    ARCHIVED,
    EventPage(events=[ARCHIVED], before=None),
    PlayerStatistics(
        player_id=USER, total_events=3, last_event=NOON, event_breakdown={"player_score": 3}
    ),
    BEST_SCORE,
    Leaderboard(entries=[BEST_SCORE], total=1),
)

PLAYED_ON = DayOfGame(
    day=NOON.date(),
    daily_active=120,
    monthly_active=900,
    new_players=17,
    sessions=210,
    mean_session_seconds=754.5,
)
ACTIVE_GAME = ActiveGame(game_id=GAME, last_day=NOON.date())
COHORT = Cohort(day=NOON.date(), size=17, returned=[9, 7, 4])
STARTED = FunnelStep(event_type="session_started", players=120)

ACTIVITY_EXAMPLES = (
    ACTIVE_GAME,
    ActiveGames(games=[ACTIVE_GAME]),
    PLAYED_ON,
    Activity(days=[PLAYED_ON]),
    COHORT,
    Retention(cohorts=[COHORT]),
    STARTED,
    Funnel(steps=[STARTED, FunnelStep(event_type="purchase_made", players=8)]),
)

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
    table="leaderboard_scores", key=f"{GAME} alltime 1970-01-01 {USER}", before=None, after="10"
)

LETTER_EXAMPLES = (
    LETTER,
    DeadLetterPage(letters=[LETTER], before=None),
    Repair(
        event_type=TYPE,
        player_id=USER,
        game_id=GAME,
        timestamp=NOON,
        data=msgspec.Raw(b'{"score":10}'),
    ),
    CHANGE,
    Retrial(letter=LETTER, changes=[CHANGE]),
)
