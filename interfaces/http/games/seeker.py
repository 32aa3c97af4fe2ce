"""A player's place in the lobby, as one socket tells of it."""

from collections.abc import Callable, Iterable

import structlog

from application.ports.commands import Answer, CommandLog, Envelope, Feed
from domain.events import Metadata, Position, Recorded
from domain.games.commands import CancelSeek, FindPlace, LobbyCommand, PlaceLook, Seek
from domain.games.events import (
    BotSeated,
    GameSought,
    PlaceHandedOver,
    PlayersPaired,
    SeekCancelled,
    TableClosed,
)
from domain.games.refusals import GameUnknown, NotSeeking
from domain.refusals import Refusal
from interfaces.http.games.following import FollowedGames
from interfaces.http.games.lobby_feed import LobbyFeed
from interfaces.http.games.seating import look_at
from interfaces.http.games.watched_game import Said
from interfaces.http.platform.command_context import FRESH_IDS
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.resume import Arrivals

logger = structlog.get_logger(__name__)


class Seeker:
    """Tells where a player waits or sits, whichever of their sockets or requests led to it.

    Guarantees: what is told never goes back, as each answer and each event has its position; a
    seat is told once its game can be moved in.
    """

    def __init__(
        self,
        user_id: str,
        log: CommandLog,
        lobby: LobbyFeed,
        games: FollowedGames,
        say: Callable[[Iterable[Said]], None],
    ) -> None:
        self._user_id = user_id
        self._log = log
        self._lobby = lobby
        self._games = games
        self._say = say
        self._told_seq = -1
        self._waits_at: str | None = None
        self._news = Arrivals()
        self._listener = self._news.hear

    def open(self, feed: Feed) -> None:
        """Begin to listen."""
        self._lobby.add(feed, self._user_id, self._listener)

    async def close(self) -> None:
        """Listen no more; with the last socket of a player here, what it looked for is given up."""
        game_id = self._lobby.remove(self._user_id, self._listener)
        if game_id is None:
            return
        try:
            await self._ask(CancelSeek(user_id=self._user_id, game_id=game_id))
        except Refusal:
            return  # it has been found, or given up
        except Exception as error:  # noqa: BLE001 - nobody is left to be told
            logger.warning("a seek is left behind", user=self._user_id, error=repr(error))

    async def news(self) -> Recorded | None:
        """What has happened next; None where something may have been missed."""
        recorded = await self._news.take()
        if recorded is None:
            self._news.begin()
        return recorded

    async def hear(self, recorded: Recorded | None) -> None:
        """Tell what has happened, if it is news."""
        if recorded is None:
            await self._look()
        elif recorded.position.seq > self._told_seq:
            self._told_seq = recorded.position.seq
            await self._hear(recorded)

    def tell(self, answer: Answer, id: str | None = None) -> None:
        """Tell what the lobby has answered to a message, or to another question.

        Of a seat, as soon as its game can be moved in. What is no news moves the player nowhere.
        """
        seek = answer.told(Seek)
        if not answer.repeated and answer.position.seq >= self._told_seq:
            self._told_seq = answer.position.seq
            if seek.status == "seeking":
                self._lobby.sought(self._user_id, seek.game_id)
            self._be(seek)
        self._tell(seek, answer.position, id)

    async def _hear(self, recorded: Recorded) -> None:
        match recorded.event:
            case GameSought(game_id=game_id):
                self._go(game_id, "seeking", recorded.position)
            case SeekCancelled(game_id=game_id):
                self._go(game_id, "cancelled", recorded.position)
            case (
                PlayersPaired(game_id=game_id)
                | BotSeated(game_id=game_id)
                | PlaceHandedOver(game_id=game_id)
            ):
                self._go(game_id, "seated", recorded.position)
            case TableClosed(game_id=game_id):
                await self._clear(game_id)

    def _go(self, game_id: str, status: str, position: Position | None) -> None:
        seek = self._seek(game_id, status)
        self._be(seek)
        self._tell(seek, position)

    def _be(self, seek: Seek) -> None:
        """Have the player at this place by now: a seat elsewhere that is not told yet never is."""
        self._waits_at = seek.game_id if seek.status == "seeking" else None
        if self._waits_at is None:
            self._lobby.found(self._user_id)
        for seated in self._games.not_sat_down():
            if seated.game_id != seek.game_id:
                self._refuse(seated.game_id, [seat for seat in seated.seats if seat.id is not None])

    def _tell(self, seek: Seek, position: Position | None, id: str | None = None) -> None:
        if seek.status != "seated" or position is None:
            self._say([Said(seek.status, seek, position, id)])
        elif self._games.sit(seek, position, id).seats:
            self._lobby.seated(self._user_id, seek.game_id)

    def _seek(self, game_id: str, status: str) -> Seek:
        return Seek(user_id=self._user_id, game_id=game_id, status=status)  # type: ignore[arg-type]

    async def _clear(self, game_id: str) -> None:
        """A table has been closed; where its game has not begun by then, it never will."""
        watched = self._games.get(game_id)
        if watched is None or not watched.seats:
            return
        try:
            await look_at(self._log, game_id)
        except GameUnknown:
            self._refuse(game_id, watched.seats)

    def _refuse(self, game_id: str, seats: Iterable[Said]) -> None:
        self._games.leave(game_id)
        problem = Problem(
            409,
            "game-not-begun",
            f"Table {game_id!r} is closed: its game could not begin, or is over; seek another.",
        )
        details = problem_of(problem).details()
        self._say([Said("error", details, id=seat.id) for seat in seats])

    async def _look(self) -> None:
        """Tell where the player is by now, after what may have been missed."""
        try:
            answer = await self._ask(FindPlace(user_id=self._user_id))
            reply = answer.told(PlaceLook)
        except Refusal as refusal:
            if refusal.type != NotSeeking.type:
                raise
            for seated in self._games.not_sat_down():
                await self._clear(seated.game_id)
            if self._waits_at is not None:
                self._go(self._waits_at, "cancelled", None)
        else:
            place = self._seek(reply.game_id, reply.status)
            self.tell(answer._replace(reply=place))

    async def _ask(self, command: LobbyCommand) -> Answer:
        metadata = Metadata(actor=self._user_id)
        envelope = Envelope(command_id=next(FRESH_IDS), command=command, metadata=metadata)
        return await self._log.execute(envelope)
