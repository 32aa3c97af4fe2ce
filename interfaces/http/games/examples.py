"""An example of everything that goes in or out of games and the leaderboard."""

from datetime import UTC, datetime

import msgspec

from domain.games.commands import GameView, Seek
from interfaces.http.games.routes import Cancelling, Moving, Resigning, Seeking
from projections.games.game_records import BoardRecord, GameRecord, MoveRecord, UserRecord
from projections.games.standings import RankedEntry, Standings

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
USER, OPPONENT = "user-123", "user-456"
GAME = "5b1f0c8e9d7a4b6c8e2d1f3a5c7b9d0e"
BOARD = ["......."] * 4 + ["...2...", "...1..."]

GAME_VIEW = GameView(
    game_id=GAME,
    player1=USER,
    player2=OPPONENT,
    status="playing",
    moves=2,
    to_move=USER,
    board=BOARD,
)
BEST = RankedEntry(rank=1, user_id=USER, score=21, wins=7, draws=1, losses=2, reached_at=NOON)

GAME_EXAMPLES = (
    Seeking(bot_level="medium"),
    Seek(user_id=USER, game_id=GAME, status="seeking"),
    Cancelling(),
    Moving(column=3),
    Resigning(),
    GAME_VIEW,
    GameRecord(
        **msgspec.structs.asdict(GAME_VIEW),
        bot_level=None,
        duration=None,
        created_at=NOON,
        ended_at=None,
    ),
    MoveRecord(move=1, player=USER, column=3, row=5, timestamp=NOON),
    BoardRecord(game_id=GAME, move=2, board=BOARD, line=None),
)
LEADERBOARD_EXAMPLES = (
    BEST,
    Standings(entries=[BEST], total=1),
    UserRecord(user_id=USER, username=USER, games_played=10, wins=7, losses=2, draws=1, score=22),
)
