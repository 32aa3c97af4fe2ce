"""Looking for a game: who is told of a seat can move there."""

from application.ports.commands import Answer, CommandLog, Unavailable
from domain.games.commands import (
    ConfirmMoves,
    GameCommand,
    GameLook,
    GameLookBack,
    LookAtGame,
    LookBackAtGame,
    Meet,
    Seek,
    SeekGame,
)
from domain.games.refusals import GameUnknown
from domain.refusals import Refusal
from interfaces.http.platform.command_context import CommandContext, asked
from interfaces.http.platform.problems import Problem
from projections.projection import wait_until

BEGIN_TIMEOUT_S = 2.0
"""For which a seat may wait for its game to begin, or for the table of the last one to be cleared;
both take the matchmaker some hundredths of a second."""


class NotBegun(Unavailable):
    """The seat is there, and its game is not."""

    def __init__(self, answer: Answer) -> None:
        table = answer.told(Seek).game_id
        super().__init__(f"The game at table {table!r} has not begun yet; ask again.")
        self.answer = answer


async def seek(log: CommandLog, context: CommandContext, command: SeekGame) -> Answer:
    """Look for a game until there is a place to wait at, or a game that goes on.

    The lobby hears of the end of a game a moment after its players do, and games begin a moment
    after their players have been paired. Raises `NotBegun`, and as `CommandLog.execute` does.
    """
    answer = await log.execute(context.envelope(command))

    async def is_ready() -> bool:
        nonlocal answer
        if await _is_ready(log, answer):
            return True
        # A seat at a table that is being cleared was no event; this asks anew.
        again = await log.execute(context.envelope(command))
        answer = answer if again.repeated else again
        return False

    if not await wait_until(is_ready, BEGIN_TIMEOUT_S):
        raise NotBegun(answer)
    return answer


async def meet(log: CommandLog, context: CommandContext, command: Meet) -> Answer:
    """Seat two who have agreed to play, whose game then begins; raises as `seek` does."""
    answer = await log.execute(context.envelope(command))
    if not await wait_until(lambda: _is_ready(log, answer), BEGIN_TIMEOUT_S):
        raise NotBegun(answer)
    return answer


async def look_at(log: CommandLog, game_id: str) -> Answer:
    """Ask who decides the game how it stands: unlike a read model, that is never behind.

    The reply is a `GameLook`. Raises `GameUnknown`, and as `CommandLog.execute` does.
    """
    return await _ask(log, LookAtGame(game_id=game_id))


async def look_back_at(log: CommandLog, game_id: str, after: int) -> Answer:
    """The same, and what was played after a move; the reply is a `GameLookBack`.

    Who is asked may have lost the shard a moment ago, and know fewer moves than that.
    """
    return await _ask(log, LookBackAtGame(game_id=game_id, after=after))


async def resume(log: CommandLog, game_id: str, after: int) -> Answer:
    """The same for who brings a number; raises `Problem` 422 where there is no such move yet."""
    answer = await look_back_at(log, game_id, after)
    if answer.told(GameLookBack).moves < after:
        answer = await _ask(log, ConfirmMoves(game_id=game_id, after=after))
    if (moves := answer.told(GameLookBack).moves) < after:
        detail = f"Move {after} is ahead of game {game_id!r}, which is at move {moves}; watch it "
        raise Problem(422, "cursor-ahead", f"{detail}without `after`, or after a move it has.")
    return answer


async def _ask(log: CommandLog, command: GameCommand) -> Answer:
    try:
        return await asked(log, command)
    except Refusal as refusal:
        if refusal.type == GameUnknown.type:  # also where another process said so
            raise GameUnknown(command.game_id) from refusal
        raise


async def _is_ready(log: CommandLog, answer: Answer) -> bool:
    place = answer.told(Seek)
    if place.status != "seated":
        return True
    try:
        game = (await look_at(log, place.game_id)).told(GameLook)
    except GameUnknown:
        return False
    # A seat that was given some time ago is told again, whatever has become of it.
    return game.status == "playing" or answer.repeated
