"""Games as somebody would tell of them, and what they come to by the hour and day, done plainly."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.games.events import GameEnded, GameStarted, Result
from projections.games.game_metrics import GameWindow, Per, WindowWinner
from tests.given import T0


@dataclass(frozen=True)
class Played:
    """A game; without an end it goes on, and without a winner it is drawn or was left."""

    id: str = "g"
    begins: datetime = T0
    ends: datetime | None = None
    result: Result = "win"
    winner: str | None = "ada"
    first: str = "ada"
    second: str = "bob"
    with_bot: bool = False
    moves: int = 7

    @property
    def seconds(self) -> float:
        return ((self.ends or self.begins) - self.begins).total_seconds()

    def events(self) -> Sequence[DomainEvent]:
        """What the log has of it."""
        started = GameStarted(
            originator_id=self.id,
            originator_version=1,
            timestamp=self.begins,
            player1=self.first,
            player2=self.second,
            bot_level="easy" if self.with_bot else None,
            move_seconds=60,
        )
        if self.ends is None:
            return [started]
        ended = GameEnded(
            originator_id=self.id,
            originator_version=self.moves + 2,
            timestamp=self.ends,
            result=self.result,
            winner=self.winner,
            duration=self.seconds,
            moves=self.moves,
        )
        return [started, ended]


def recorded(events: Iterable[DomainEvent]) -> list[Recorded]:
    """Events with places, which do not matter here."""
    return [
        Recorded(event, Position("game-log", 0, seq), "", Metadata())
        for seq, event in enumerate(events)
    ]


def played_in(events: Iterable[DomainEvent]) -> list[Played]:
    """The games that some events are of."""
    begun: dict[str, GameStarted] = {}
    found: dict[str, Played] = {}
    for event in events:
        id = event.originator_id
        if isinstance(event, GameStarted):
            begun[id] = event
            found[id] = _played(event)
        elif isinstance(event, GameEnded):
            end = {"ends": event.timestamp, "result": event.result, "winner": event.winner}
            found[id] = _played(begun[id], **end, moves=event.moves)
    return list(found.values())


def _played(event: GameStarted, **end: Any) -> Played:
    return Played(
        id=event.originator_id,
        begins=event.timestamp,
        first=event.player1,
        second=event.player2,
        with_bot=event.bot_level is not None,
        **end,
    )


def window_of(at: datetime, per: Per) -> datetime:
    start = at.replace(minute=0, second=0, microsecond=0)
    return start if per == "hour" else start.replace(hour=0)


def shown(games: Sequence[Played], per: Per) -> list[GameWindow]:
    """Every window in which something happened."""
    begun: dict[datetime, list[Played]] = defaultdict(list)
    ended: dict[datetime, list[Played]] = defaultdict(list)
    for game in games:
        begun[window_of(game.begins, per)].append(game)
        if game.ends is not None:
            ended[window_of(game.ends, per)].append(game)
    return [
        _window(per, start, len(begun[start]), ended[start]) for start in sorted({*begun, *ended})
    ]


def _window(per: Per, start: datetime, started: int, ended: list[Played]) -> GameWindow:
    left = [game for game in ended if game.winner is None and game.result != "draw"]
    counted = [game for game in ended if game not in left]
    of_people = [game for game in counted if not game.with_bot]
    first = sum(game.winner == game.first for game in of_people)
    second = sum(game.winner == game.second for game in of_people)
    results = Counter(game.result for game in counted)
    wins = Counter(
        game.winner
        for game in counted
        if game.winner and not (game.with_bot and game.winner == game.second)
    )
    best = sorted(wins.items(), key=lambda each: (-each[1], each[0]))[:3]
    milliseconds = sum(round(1_000 * game.seconds) for game in counted)
    return GameWindow(
        per=per,
        starts_at=start,
        started=started,
        finished=len(counted),
        abandoned=len(left),
        with_bot=len(counted) - len(of_people),
        wins=results["win"],
        draws=results["draw"],
        resignations=results["resignation"],
        timeouts=results["timeout"],
        mean_duration_seconds=milliseconds / 1_000 / len(counted) if counted else None,
        mean_moves=sum(game.moves for game in counted) / len(counted) if counted else None,
        first_wins=first,
        second_wins=second,
        first_move_advantage=(first - second) / len(of_people) if of_people else None,
        winners=[WindowWinner(user_id=user, wins=count) for user, count in best],
    )
