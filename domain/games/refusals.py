"""How a game and the lobby say no."""

from domain.refusals import Refusal


class GameUnknown(Refusal, type="game-not-found", status=404):
    """No game was started under this id."""

    def __init__(self, game_id: str) -> None:
        super().__init__(f"There is no game {game_id!r}.")


class GameStartedDifferently(Refusal, type="game-started-differently"):
    """The id belongs to a game between others."""

    def __init__(self, game_id: str, player1: str, player2: str) -> None:
        super().__init__(f"Game {game_id!r} is already one of {player1!r} against {player2!r}.")


class SameOpponent(Refusal, type="same-opponent", status=422):
    """Nobody plays against themselves."""

    def __init__(self, player: str) -> None:
        super().__init__(f"{player!r} cannot play against {player!r}.")


class BotMisnamed(Refusal, type="bot-misnamed", status=422):
    """A bot plays under the name of its level, and nobody else does."""

    def __init__(self, level: str, name: str, player2: str) -> None:
        super().__init__(f"A bot of level {level!r} is called {name!r}, not {player2!r}.")


class NotAPlayer(Refusal, type="not-a-player", status=403):
    """Only those who play a game may act in it."""

    def __init__(self, game_id: str, player: str) -> None:
        super().__init__(f"{player!r} does not play in game {game_id!r}.")


class GameOver(Refusal, type="game-over"):
    """Nothing happens in a game that has ended."""

    def __init__(self, game_id: str, result: str, moves: int) -> None:
        super().__init__(f"Game {game_id!r} ended by {result} after move {moves}.")


class NotYourTurn(Refusal, type="not-your-turn"):
    """The other player is to move."""

    def __init__(self, player: str, to_move: str, move: int) -> None:
        super().__init__(f"Move {move} is for {to_move!r} to make, not for {player!r}.")


class NotThatMove(Refusal, type="not-that-move"):
    """The number of a move is that of another one."""

    def __init__(self, number: int, next_number: int) -> None:
        super().__init__(
            f"Move {number} is not the next one, and not this one made before: "
            f"the next is move {next_number}."
        )


class NoSuchColumn(Refusal, type="no-such-column", status=422):
    """The board does not have this column."""

    def __init__(self, column: int, last: int) -> None:
        super().__init__(f"There is no column {column}; columns are 0 to {last} from the left.")


class ColumnFull(Refusal, type="column-full"):
    """No disc fits into the column any more."""

    def __init__(self, column: int, discs: int) -> None:
        super().__init__(f"Column {column} already holds {discs} discs.")


class TableTaken(Refusal, type="table-taken"):
    """The id for a new table is in use."""

    def __init__(self, game_id: str) -> None:
        super().__init__(f"{game_id!r} is taken; a new table needs an id of its own.")


class NameReserved(Refusal, type="name-reserved", status=422):
    """Somebody sits down under the name of a bot."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id!r} is the name of a bot.")


class NotSeeking(Refusal, type="not-seeking"):
    """Who does not look for a game cannot stop looking."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id!r} is not looking for a game.")


class PlayerBusy(Refusal, type="player-busy"):
    """Who was to meet looks for a game or plays one already."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id!r} looks for a game, or plays one; ask again after that.")


class AlreadySeated(Refusal, type="already-seated"):
    """The game has been found; resigned before both have moved, it counts for nobody."""

    def __init__(self, user_id: str, game_id: str) -> None:
        super().__init__(
            f"{user_id!r} already sits at table {game_id!r}; to resign that game costs nothing "
            "until both have moved."
        )
