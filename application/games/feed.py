"""What players are told in their feeds: that they have an opponent, and whenever they are to move.

Games against bots are played in one sitting, so nobody is called back to one.
"""

from collections.abc import Sequence

from application.entries import EntrySettled, Memory, NewEntry, Remembered, Tellings
from domain.categories import GAMES
from domain.events import DomainEvent
from domain.games.board import Board
from domain.games.events import GameEnded, GameStarted, MovePlayed, PlayersPaired, SeatHandedOver

GAME_FOUND, YOUR_MOVE = "game-found", "your-move"

Told = Sequence[NewEntry | EntrySettled]


def tell(event: DomainEvent, games: Memory) -> Told:
    """Tell who has met, and who is to move; remembers the games that go on between people.

    Of each it knows who plays, who is to move first, and the columns of the moves, a digit each: a
    move that ends the game asks for none.
    """
    match event:
        case PlayersPaired(game_id=game, player1=first, player2=second):
            pairs = ((first, second), (second, first))
            return [NewEntry(one, GAME_FOUND, game, other) for one, other in pairs]
        case GameStarted(bot_level=None):
            return _begin(event, games)
        case MovePlayed():
            return _go_on(event, games)
        case SeatHandedOver():
            return _hand_over(event, games)
        case GameEnded(originator_id=game):
            known = games.pop(game, None)
            people = () if known is None else known.people
            return [EntrySettled(each, YOUR_MOVE, game) for each in people]
    return []


def _begin(event: GameStarted, games: Memory) -> Told:
    game, first, second = event.originator_id, event.player1, event.player2
    games.setdefault(game, Remembered(people=[first, second]))
    return [_your_move(first, game, second, move=1)]


def _go_on(event: MovePlayed, games: Memory) -> Told:
    game, player = event.originator_id, event.player
    known = games.get(game)
    if known is None or event.move != len(known.text) + 1:
        return []
    games[game] = Remembered(people=known.people, text=f"{known.text}{event.column}")
    settled = EntrySettled(player, YOUR_MOVE, game)
    if Board.after(map(int, games[game].text)).is_decided:
        return [settled]
    other = _other(known, player)
    return [settled, _your_move(other, game, player, move=event.move + 1)]


def _hand_over(event: SeatHandedOver, games: Memory) -> Told:
    """Who takes a seat is asked for the move that its former holder was asked for."""
    game, previous, user = event.originator_id, event.previous, event.user_id
    known = games.get(game)
    if known is None or previous not in known.people:
        return []
    people = [user if each == previous else each for each in known.people]
    games[game] = Remembered(people=people, text=known.text)
    settled = EntrySettled(previous, YOUR_MOVE, game)
    move = len(known.text) + 1
    if people[(move - 1) % 2] != user:
        return [settled]
    return [settled, _your_move(user, game, _other(games[game], user), move=move)]


def _other(known: Remembered, player: str) -> str:
    first, second = known.people
    return second if player == first else first


def _your_move(user_id: str, game: str, other: str, *, move: int) -> NewEntry:
    return NewEntry(user_id, YOUR_MOVE, game, other, data={"move": move}, pending=True)


FEED = Tellings(topics=(GAMES.topic,), tell=tell)
