"""How a game and the lobby say no."""

from domain.refusals import Refusal


class GameUnknown(Refusal):
    """No game was started under this id."""

    type = "game-not-found"
    status = 404

    def __init__(self, game_id: str) -> None:
        super().__init__(f"There is no game {game_id!r}.")


class GameStartedDifferently(Refusal):
    """The id belongs to a game between others."""

    type = "game-started-differently"

    def __init__(self, game_id: str, player1: str, player2: str) -> None:
        super().__init__(f"Game {game_id!r} is already one of {player1!r} against {player2!r}.")


class SameOpponent(Refusal):
    """Nobody plays against themselves."""

    type = "same-opponent"
    status = 422

    def __init__(self, player: str) -> None:
        super().__init__(f"{player!r} cannot play against {player!r}.")


class BotMisnamed(Refusal):
    """A bot plays under the name of its level, and nobody else does."""

    type = "bot-misnamed"
    status = 422

    def __init__(self, level: str, name: str, player2: str) -> None:
        super().__init__(f"A bot of level {level!r} is called {name!r}, not {player2!r}.")


class NotAPlayer(Refusal):
    """Only those who play a game may act in it."""

    type = "not-a-player"
    status = 403

    def __init__(self, game_id: str, player: str) -> None:
        super().__init__(f"{player!r} does not play in game {game_id!r}.")


class GameOver(Refusal):
    """Nothing happens in a game that has ended."""

    type = "game-over"

    def __init__(self, game_id: str, result: str, moves: int) -> None:
        super().__init__(f"Game {game_id!r} ended by {result} after move {moves}.")


class NotYourTurn(Refusal):
    """The other player is to move."""

    type = "not-your-turn"

    def __init__(self, player: str, to_move: str, move: int) -> None:
        super().__init__(f"Move {move} is for {to_move!r} to make, not for {player!r}.")


class NoSuchColumn(Refusal):
    """The board does not have this column."""

    type = "no-such-column"
    status = 422

    def __init__(self, column: int, last: int) -> None:
        super().__init__(f"There is no column {column}; columns are 0 to {last} from the left.")


class ColumnFull(Refusal):
    """No disc fits into the column any more."""

    type = "column-full"

    def __init__(self, column: int, discs: int) -> None:
        super().__init__(f"Column {column} already holds {discs} discs.")


class TableTaken(Refusal):
    """The id for a new table is in use."""

    type = "table-taken"

    def __init__(self, game_id: str) -> None:
        super().__init__(f"{game_id!r} is taken; a new table needs an id of its own.")


class NameReserved(Refusal):
    """A person sits down under the name of a bot."""

    type = "name-reserved"
    status = 422

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id!r} is the name of a bot.")


class NotSeeking(Refusal):
    """Who does not look for a game cannot stop looking."""

    type = "not-seeking"

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id!r} is not looking for a game.")


class AlreadySeated(Refusal):
    """The game has been found; it can be resigned, but no longer not sought."""

    type = "already-seated"

    def __init__(self, user_id: str, game_id: str) -> None:
        super().__init__(f"{user_id!r} already sits at table {game_id!r}.")
