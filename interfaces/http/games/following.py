"""The games that one socket follows."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from functools import partial

from application.ports.commands import CommandLog, Feed
from domain.categories import GAMES
from domain.events import Position
from domain.games.commands import GameLook, GameLookBack, Seek
from domain.games.refusals import GameUnknown
from interfaces.http.games.seating import look_at, look_back_at, resume
from interfaces.http.games.watched_game import Said, WatchedGame
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.resume import Look, arriving, followed

MOST_WATCHED = 20
"""Games that a player may watch over one socket, beside those they sit at."""

NOT_BEGUN = Look(None, 0, Position(GAMES.topic, 0, -1))
"""How a game stands that there is not; its start will be heard."""


class FollowedGames:
    """Follows games, each from when somebody looked at it or sat down there.

    `say` gets what there is to tell of them.
    """

    def __init__(self, log: CommandLog, feed: Feed, say: Callable[[Iterable[Said]], None]) -> None:
        self._log = log
        self._feed = feed
        self._say = say
        self._games: dict[str, WatchedGame] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._own: set[str] = set()

    def __iter__(self) -> Iterator[WatchedGame]:
        return iter(self._games.values())

    def get(self, game_id: str) -> WatchedGame | None:
        """A game, if it is followed."""
        return self._games.get(game_id)

    def follow(self, game_id: str) -> WatchedGame:
        """Follow a game from now on, whether it has begun or not."""
        if game_id not in self._games:
            self._forget_finished()
            self._games[game_id] = WatchedGame(game_id)
            self._begin(game_id)
        return self._games[game_id]

    def _begin(self, game_id: str) -> None:
        """Follow a game; anew, if it was followed already."""
        if (task := self._tasks.pop(game_id, None)) is not None:
            task.cancel()
        self._tasks[game_id] = asyncio.create_task(self._follow(self._games[game_id]))

    def sit(self, seek: Seek, position: Position, id: str | None = None) -> WatchedGame:
        """Follow the game at one's own table, for which there is always room."""
        watched = self.follow(seek.game_id)
        self._own.add(seek.game_id)
        self._say(watched.sit(seek, position, id))
        return watched

    def not_sat_down(self) -> list[WatchedGame]:
        """The games whose seats wait to be told until they can be moved in."""
        return [each for each in self if each.seats]

    async def watch(self, game_id: str, id: str | None, after: int | None = None) -> None:
        """Follow a game that there is, and tell how it stands; and first the moves `after` one.

        From then on each move is told, whatever is missed. Raises `Problem` 409 where too many are
        watched, 422 for a move that is not made yet, and what looking at the game raises.
        """
        watched = self._games.get(game_id)
        if watched is None or watched.game is None:
            self.require_room()
        elif after is None:
            self._say(watched.state(id))
            return
        if after is None:
            answer = await look_at(self._log, game_id)
            self._say(self.follow(game_id).tell(answer.told(GameLook), answer.position, id))
            return
        answer = await resume(self._log, game_id, after)
        watched = self.follow(game_id)
        watched.told = after
        self._say(watched.tell(answer.told(GameLookBack), answer.position, id))
        self._begin(game_id)

    def require_room(self) -> None:
        """Raise `Problem` 409 where no other game may be watched."""
        self._forget_finished()
        if len(self._games.keys() - self._own) >= MOST_WATCHED:
            detail = f"One socket shows {MOST_WATCHED} games at most; unwatch one of them."
            raise Problem(409, "too-many-games", detail)

    def leave(self, game_id: str) -> None:
        """Follow a game no more, if it was."""
        self._own.discard(game_id)
        if self._games.pop(game_id, None) is not None:
            self._tasks.pop(game_id).cancel()

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget_finished(self) -> None:
        for game_id in [each.game_id for each in self if each.is_over]:
            self.leave(game_id)

    async def _follow(self, watched: WatchedGame) -> None:
        async with (
            arriving(self._feed, watched.game_id) as heard,
            aclosing(followed(heard, partial(self._look, watched))) as pieces,
        ):
            async for piece in pieces:
                if not isinstance(piece, Look):
                    self._say(watched.take(piece))
                elif piece.state is not None:
                    self._say(watched.show(piece.state, piece.position))
                if watched.is_lost:
                    heard.lose()

    async def _look(self, watched: WatchedGame) -> Look:
        game_id, told = watched.game_id, watched.told
        try:
            if told is None:
                answer = await look_at(self._log, game_id)
            else:
                answer = await look_back_at(self._log, game_id, told)
        except GameUnknown:
            return NOT_BEGUN
        view = answer.told(GameLook if told is None else GameLookBack)
        return Look(view, view.moves, answer.position)
