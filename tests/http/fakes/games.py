"""Games and standings as the read models would show them."""

from domain.games.board import Board
from domain.games.events import (
    GameEnded,
    GameStarted,
    MovePlayed,
    ResultHandedOver,
    SeatHandedOver,
)
from projections.days import Days
from projections.games.game_metrics import GameMetrics, Per
from projections.games.game_records import (
    BoardRecord,
    GamePage,
    GameRecord,
    MoveRecord,
    UserRecord,
)
from projections.games.standings import RankedEntry, Standings
from tests.games.windows import played_in, shown
from tests.http.fakes.log import NOW, FakeReadModel


class FakeGames(FakeReadModel):
    """Games, folded from their events at every question."""

    def _names(self, game_id: str) -> dict[str, str]:
        """Who sits in whose place at a game."""
        names: dict[str, str] = {}
        for recorded in self.log.events["game-log"]:
            match recorded.event:
                case (
                    SeatHandedOver(originator_id=game, previous=previous, user_id=user)
                    | ResultHandedOver(game_id=game, previous=previous, user_id=user)
                ) if game == game_id:
                    names[previous] = user
        return names

    async def seats_of(self, player: str, but_with: str, limit: int) -> list[str]:
        found = (await self.games(1_000, player=player)).games
        return [g.game_id for g in found if but_with not in (g.player1, g.player2)][:limit]

    async def game(self, game_id: str) -> GameRecord | None:
        events = self.log.of(game_id)
        started = next((each for each in events if isinstance(each, GameStarted)), None)
        if started is None:
            return None
        names = self._names(game_id)
        first, second = (names.get(p, p) for p in (started.player1, started.player2))
        columns = [each.column for each in events if isinstance(each, MovePlayed)]
        ended = next((each for each in events if isinstance(each, GameEnded)), None)
        to_move = (first, second)[len(columns) % 2]
        return GameRecord(
            game_id=game_id,
            player1=first,
            player2=second,
            bot_level=started.bot_level,
            status="finished" if ended else "playing",
            moves=len(columns),
            to_move=None if ended else to_move,
            board=Board.after(columns).rows(),
            result=ended.result if ended else None,
            winner=names.get(ended.winner, ended.winner) if ended and ended.winner else None,
            line=ended.line if ended else None,
            duration=ended.duration if ended else None,
            created_at=NOW,
            ended_at=NOW if ended else None,
        )

    async def games(
        self,
        limit: int,
        *,
        player: str | None = None,
        status: str | None = None,
        before: str | None = None,
    ) -> GamePage:
        ids = [
            each.event.originator_id
            for each in reversed(self.log.events["game-log"])
            if isinstance(each.event, GameStarted)
        ]
        ids = ids[ids.index(before) + 1 :] if before in ids else ids
        records = [record for id in ids if (record := await self.game(id))]
        found = [
            each
            for each in records
            if player in (None, each.player1, each.player2) and status in (None, each.status)
        ]
        more = len(found) > limit
        return GamePage(games=found[:limit], before=found[limit - 1].game_id if more else None)

    async def moves(self, game_id: str) -> list[MoveRecord]:
        return [
            MoveRecord(
                move=each.move,
                player=each.player,
                column=each.column,
                row=each.row,
                timestamp=each.timestamp,
            )
            for each in self.log.of(game_id)
            if isinstance(each, MovePlayed)
        ]

    async def board(self, game_id: str, move: int) -> BoardRecord | None:
        columns = [each.column for each in await self.moves(game_id)]
        if await self.game(game_id) is None or move > len(columns):
            return None
        board = Board.after(columns[:move])
        return BoardRecord(game_id=game_id, move=move, board=board.rows(), line=None)

    async def player(self, user_id: str) -> UserRecord | None:
        if user_id != "ann":
            return None
        return UserRecord(
            user_id="ann",
            username="ann",
            games_played=1,
            wins=1,
            losses=0,
            draws=0,
            score=3,
        )


class FakeStandings(FakeReadModel):
    """One player, the best."""

    entries: tuple[RankedEntry, ...] = (
        RankedEntry(rank=1, user_id="ann", score=3, wins=1, draws=0, losses=0, reached_at=NOW),
    )

    async def top(self, limit: int, offset: int = 0) -> Standings:
        return Standings(
            entries=list(self.entries[offset : offset + limit]), total=len(self.entries)
        )

    async def rank(self, user_id: str) -> RankedEntry | None:
        return next((each for each in self.entries if each.user_id == user_id), None)


class FakeGameMetrics(FakeReadModel):
    """Windows, worked out from the games of the log at every question."""

    async def windows(self, per: Per, days: Days) -> GameMetrics:
        games = played_in(each.event for each in self.log.events["game-log"])
        found = [
            window
            for window in shown(games, per)
            if days.first <= window.starts_at.date() <= days.last
        ]
        return GameMetrics(windows=found)
