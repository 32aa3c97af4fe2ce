"""Games and people for the stories of the lobby and of four in a row."""

from collections.abc import Iterable

from hypothesis import strategies as st

from domain.games.commands import (
    CancelSeek,
    CloseTable,
    GameView,
    MakeMove,
    Seek,
    SeekGame,
    StartGame,
)
from domain.games.events import BotLevel
from domain.games.four_in_a_row import FourInARow
from domain.games.lobby import Lobby
from tests.given import Story, given

GAME = "game-1"


def starting(
    player1: str = "ann",
    player2: str = "ben",
    bot_level: BotLevel | None = None,
    move_seconds: float = 30,
) -> StartGame:
    return StartGame(
        game_id=GAME,
        player1=player1,
        player2=player2,
        bot_level=bot_level,
        move_seconds=move_seconds,
    )


def moving(player: str, column: int, number: int | None = None) -> MakeMove:
    return MakeMove(game_id=GAME, player=player, column=column, number=number)


def taking_turns(columns: Iterable[int]) -> list[MakeMove]:
    return [moving(("ann", "ben")[turn % 2], column) for turn, column in enumerate(columns)]


def unstarted() -> Story:
    return given(FourInARow(GAME))


def game(*columns: int) -> Story:
    """A game of ann against ben, in which these moves were made; ann began."""
    return given(FourInARow(GAME), starting(), *taking_turns(columns))


def view_of(story: Story) -> GameView:
    assert isinstance(story.reply, GameView)
    return story.reply


def seeking(
    user: str, *, table: str | None = None, bot_level: BotLevel = "medium", bot_after: float = 10
) -> SeekGame:
    return SeekGame(
        user_id=user, game_id=table or f"{user}s-table", bot_level=bot_level, bot_after=bot_after
    )


def cancelling(user: str, table: str | None = None) -> CancelSeek:
    return CancelSeek(user_id=user, game_id=table)


def closing(user: str) -> CloseTable:
    return CloseTable(game_id=f"{user}s-table")


def lobby(*users: str) -> Story:
    """A lobby in which these users have looked for a game, in this order."""
    return given(Lobby(), *(seeking(user) for user in users))


def seek_of(story: Story) -> tuple[str, str]:
    assert isinstance(story.reply, Seek)
    return story.reply.status, story.reply.game_id


anything = st.lists(st.integers(0, 6), max_size=60)
"""Columns that people might try, one after another."""
