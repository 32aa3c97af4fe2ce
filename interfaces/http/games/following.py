"""The games that one socket follows."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

import structlog

from application.ports.commands import CommandLog, Feed
from domain.events import Position
from domain.games.commands import GameLook, Seek
from domain.games.refusals import GameUnknown
from interfaces.http.games.seating import look_at
from interfaces.http.games.watched_game import Said, WatchedGame
from interfaces.http.platform.problems import Problem

MOST_WATCHED = 20
"""Games that a player may watch over one socket, beside those they sit at."""

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 5.0
"""Seconds before a game is looked at again where nobody could say how it stands."""

logger = structlog.get_logger(__name__)


class FollowedGames:
    """Follows games: subscribes to each, and looks at it after that, so that nothing is missed.

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
            self._tasks[game_id] = asyncio.create_task(self._follow(self._games[game_id]))
        return self._games[game_id]

    def sit(self, seek: Seek, position: Position, id: str | None = None) -> WatchedGame:
        """Follow the game at one's own table, for which there is always room."""
        watched = self.follow(seek.game_id)
        self._own.add(seek.game_id)
        self._say(watched.sit(seek, position, id))
        return watched

    def not_sat_down(self) -> list[WatchedGame]:
        """The games whose seats wait to be told until they can be moved in."""
        return [each for each in self if each.seats]

    async def watch(self, game_id: str, id: str | None) -> None:
        """Follow a game that there is, and tell how it stands.

        Raises `Problem` 409 where too many are watched, and what looking at the game raises.
        """
        if (watched := self._games.get(game_id)) is not None and watched.game is not None:
            self._say(watched.state(id))
            return
        self.require_room()
        answer = await look_at(self._log, game_id)
        self._say(self.follow(game_id).tell(answer.told(GameLook), answer.position, id))

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
        while True:
            async with asyncio.TaskGroup() as tasks:
                await self._listen(watched, tasks)
            # A subscription ends when its reader falls behind.
            watched.lose()
            await asyncio.sleep(FIRST_PAUSE_S)

    async def _listen(self, watched: WatchedGame, tasks: asyncio.TaskGroup) -> None:
        looking = tasks.create_task(self._look(watched))
        async for recorded in self._feed.subscribe(watched.game_id):
            self._say(watched.take(recorded))
            if watched.is_lost and looking.done():
                looking = tasks.create_task(self._look(watched))
        looking.cancel()

    async def _look(self, watched: WatchedGame) -> None:
        """Look at the game for as long as its events do not tell how it stands."""
        pause = FIRST_PAUSE_S
        while watched.is_lost:
            try:
                answer = await look_at(self._log, watched.game_id)
            except GameUnknown:
                return  # its start will be heard
            except Exception as error:  # noqa: BLE001 - whoever decides is away, and asked again
                logger.warning("cannot look at a game", game=watched.game_id, error=repr(error))
            else:
                self._say(watched.show(answer.told(GameLook), answer.position))
            if watched.is_lost:
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
