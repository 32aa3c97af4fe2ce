"""What happens in the lobby, handed to all sockets of the players it concerns."""

from collections.abc import Iterable

from application.ports.commands import Feed
from domain.events import DomainEvent
from domain.games.commands import LOBBY_ID
from domain.games.events import (
    BotSeated,
    GameSought,
    PlaceHandedOver,
    PlayersPaired,
    SeekCancelled,
    TableClosed,
)
from interfaces.http.platform.shared_feeds import Listener, SharedFeeds


class LobbyFeed:
    """Each event of the lobby goes to the sockets of its players, in every process of the API.

    Also knows who looks for a game over a socket of this process: a player whose last one here
    ends looks no more.
    """

    def __init__(self) -> None:
        self._feeds = SharedFeeds(self._concerned)
        self._sought: dict[str, str] = {}
        self._players_at: dict[str, set[str]] = {}

    def add(self, feed: Feed, user_id: str, listener: Listener) -> None:
        """Call `listener` with what happens to a player, from now on."""
        self._feeds.add(feed, LOBBY_ID, user_id, listener)

    def remove(self, user_id: str, listener: Listener) -> str | None:
        """Call it no more; gives the table where nobody is left to wait for this player."""
        self._feeds.remove(LOBBY_ID, user_id, listener)
        if not self._feeds.is_heard(LOBBY_ID):
            self._players_at.clear()
        if self._feeds.is_heard(LOBBY_ID, user_id):
            return None
        return self._sought.pop(user_id, None)

    def sought(self, user_id: str, game_id: str) -> None:
        """A player waits at this table, and has said so over a socket."""
        self._sought[user_id] = game_id

    def found(self, user_id: str) -> None:
        """A player waits no more."""
        self._sought.pop(user_id, None)

    def seated(self, user_id: str, game_id: str) -> None:
        """A player is to hear when this table is closed."""
        self._players_at.setdefault(game_id, set()).add(user_id)

    def _concerned(self, event: DomainEvent) -> Iterable[str]:
        match event:
            case GameSought(user_id=user) | SeekCancelled(user_id=user):
                return (user,)
            case PlayersPaired(game_id=game_id, player1=first, player2=second):
                return self._sit(game_id, first, second)
            case BotSeated(game_id=game_id, player1=user):
                return self._sit(game_id, user)
            case PlaceHandedOver(game_id=game_id, user_id=user):
                return self._sit(game_id, user)
            case TableClosed(game_id=game_id):
                return self._players_at.pop(game_id, ())
        return ()

    def _sit(self, game_id: str, *players: str) -> Iterable[str]:
        here = [player for player in players if self._feeds.is_heard(LOBBY_ID, player)]
        for player in here:
            self.seated(player, game_id)
        return here
