"""What a merge does to games: whoever takes a guest in has played, and plays on, in their place."""

from typing import Protocol

from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from domain.games.commands import (
    CancelSeek,
    FindPlace,
    HandOverPlace,
    HandOverResult,
    HandOverSeat,
    PlaceLook,
    SeatLook,
)
from domain.games.refusals import AlreadySeated, GameUnknown, NotSeeking
from domain.refusals import Refusal

MOST_GAMES = 500
"""That one request hands over; more are left for the next."""


class PlayedGames(Protocol):
    """Knows who has played what."""

    async def seats_of(self, player: str, but_with: str, limit: int) -> list[str]:
        """The first games of a player that another one does not play in, of all there are by now.

        Raises `Unavailable`, also where that is not known yet.
        """


class GamesOfPeople(Knowledge):
    """Games of four in a row, and the place in the lobby.

    A seat at a game that goes on is handed over there, where the account's owner plays on; one at
    a game that is over, for all who count games.
    """

    name = "games"
    merges = "seats at games, and with them wins, draws and losses"
    keeps = (
        "the most wins of an hour or a day are told under the name that they were won by, and so "
        "are games that the account played in as well"
    )

    def __init__(self, played: PlayedGames) -> None:
        self._played = played

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        handed = await self._hand_over_place(guest, into, execute)
        games = await self._played.seats_of(guest, into, MOST_GAMES)
        for game_id in games:
            handed += await self._hand_over(game_id, guest, into, execute)
        if len(games) == MOST_GAMES:
            raise Unavailable(f"{MOST_GAMES} games were handed over, and there may be more.")
        return handed

    async def _hand_over_place(self, guest: str, into: str, execute: Execute) -> int:
        """Where a guest sits, the game first: who has a place there is found until it is done."""
        try:
            place = (await execute(FindPlace(user_id=guest))).told(PlaceLook)
        except Refusal as refusal:
            if refusal.type != NotSeeking.type:
                raise
            return 0
        if place.status == "seeking":
            return await self._stop_seeking(guest, place.game_id, execute)
        handed = await self._hand_over(place.game_id, guest, into, execute)
        await execute(HandOverPlace(user_id=guest, to=into))
        return handed

    async def _stop_seeking(self, guest: str, game_id: str, execute: Execute) -> int:
        try:
            await execute(CancelSeek(user_id=guest, game_id=game_id))
        except Refusal as refusal:
            if refusal.type not in (NotSeeking.type, AlreadySeated.type):
                raise
            raise Unavailable(f"{guest!r} has found a game meanwhile.") from refusal
        return 0

    async def _hand_over(self, game_id: str, guest: str, into: str, execute: Execute) -> int:
        seat = HandOverSeat(game_id=game_id, player=guest, to=into)
        try:
            look = (await execute(seat)).told(SeatLook)
        except Refusal as refusal:
            if refusal.type != GameUnknown.type:
                raise
            raise Unavailable(f"The game at table {game_id!r} has not begun yet.") from refusal
        if look.status == "over":
            assert look.ended_at is not None
            result = HandOverResult(
                game_id=game_id,
                player=guest,
                to=into,
                outcome=look.outcome,
                ended_at=look.ended_at,
            )
            look = (await execute(result)).told(SeatLook)
        return int(look.status == "handed-over")
