"""Players at several sockets, through two processes, and what each is told."""

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from domain.events import Position
from domain.games.board import Board
from domain.games.commands import GameView, LobbyView, Seek
from domain.games.events import GameStarted
from domain.games.four_in_a_row import FourInARow
from domain.games.lobby import Lobby
from interfaces.http.games.lobby_feed import LobbyFeed
from interfaces.http.games.socket import PlayerConnection
from interfaces.http.platform.channel import Channel
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.services import Services
from interfaces.settings import Settings
from interfaces.tokens import Identity, Tokens
from tests.http.fakes.feed import FakeFeed
from tests.http.fakes.log import FakeLog
from tests.http.sockets.virtual_time import VirtualTime

SECRET = "a secret that is long enough for the tests"
PLACES = ("seeking", "cancelled", "seated")
STEP_S = 0.05
QUIET_S = 20.0
"""Longer than anything here waits for anything."""


class Lie(AssertionError):
    """Somebody was told what is not so, or not told what is."""


@dataclass(eq=False)
class Tab:
    """One socket of somebody, and the model of what it may be told."""

    user: str
    world: "World"
    process: "Process"
    opened_at: int
    heard: list[tuple[str, Any, str | None]] = field(default_factory=list)
    states: dict[str, GameView] = field(default_factory=dict)
    place: Seek | None = None
    asked: dict[str, str] = field(default_factory=dict)
    """The type of each message that waits for its answer, by the message's id."""
    unwatched: set[str] = field(default_factory=set)
    placed_at: int = -1
    """Where the log stood with the place that was told last."""

    def push(
        self, type: str, payload: Any = None, *, id: str | None = None, position: Any = None
    ) -> None:
        """What the connection says; `Channel.push`."""
        self.heard.append((type, payload, id))
        if id is not None:
            self._check_answer(type, id)
        if type == "game_state":
            self._check_state(payload, position, id)
        elif type == "unwatched":
            self.unwatched.add(payload.game_id)
        elif type == "seated":
            self._check_seat(payload, id)
        if type in PLACES:
            self._check_place(position, id)
            self.place = payload

    def push_error(self, error: Exception, *, id: str | None = None) -> None:
        """`Channel.push_error`."""
        self.push("error", problem_of(error).details(), id=id)

    def _check_answer(self, type: str, id: str) -> None:
        asked = self.asked.pop(id, None)
        if asked is None:
            self.world.lie(f"{self.user}'s message {id} is answered by {type}, once too often")
        if asked == "seek" and type not in ("seeking", "seated", "error"):
            self.world.lie(f"{self.user} looks for a game, and is answered {type}")

    def _check_state(self, view: GameView, position: Position, id: str | None) -> None:
        told = self.states.get(view.game_id)
        if told is not None and _age(view) < _age(told):
            self.world.lie(f"{self.user} is told {view}, after {told}")
        if told == view and id is None and self.place is None:
            self.world.lie(f"{self.user} is told {view} twice")
        if view.status == "playing" and Board.of(view.board).winning_line():
            self.world.lie(f"{self.user} is told that a game goes on which is won")
        if position.seq >= len(self.world.log.events["game-log"]):
            self.world.lie("a position that there is not")
        self.states[view.game_id] = view
        self.unwatched.discard(view.game_id)

    def _check_place(self, position: Position | None, id: str | None) -> None:
        """What nobody has asked for is news."""
        if id is None and position is not None:
            if position.seq < self.placed_at:
                self.world.lie(f"{self.user} is told of a place that they have left")
            self.placed_at = position.seq

    def _check_seat(self, seek: Seek, id: str | None) -> None:
        if not any(isinstance(each, GameStarted) for each in self.world.log.of(seek.game_id)):
            self.world.lie(f"{self.user} is told of a seat at a game that has not begun")
        told = self.states.get(seek.game_id)
        if id is not None and told is not None and told.status == "finished":
            self.world.lie(f"{self.user} looks for a game, and is told of one that is over")


def _age(view: GameView) -> tuple[int, bool]:
    return view.moves, view.status == "finished"


class Process:
    """A process of the API."""

    def __init__(self, log: FakeLog) -> None:
        self.feed = FakeFeed()
        self.feed.lags = True
        log.feeds.append(self.feed)
        tokens = Tokens(SECRET)
        nothing: Any = None
        self.services = Services(
            log=log,
            local=log,
            leave=log.leave,
            feed=self.feed,
            queries=nothing,
            seals=nothing,
            tokens=tokens,
            peer_tokens=nothing,
            tickets=nothing,
            cookies=nothing,
            parts={Settings: Settings(), LobbyFeed: LobbyFeed()},
        )


class World:
    """The log, its processes, and the sockets that are open."""

    opened = 0
    """How many there have been."""

    def __init__(self) -> None:
        World.opened += 1
        self.loop = VirtualTime()
        self.log = FakeLog()
        self.log.matchmaker_rests = True
        self.log.feeds.clear()
        self.processes = [Process(self.log), Process(self.log)]
        self.tabs: list[Tab] = []
        self.lies: list[str] = []
        self._names = (f"m{number}" for number in itertools.count())
        self._inboxes: dict[int, asyncio.Queue[bytes]] = {}
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._clock = patch(
            "projections.projection.time", SimpleNamespace(monotonic=self.loop.time)
        )
        self._clock.start()

    def lie(self, sentence: str) -> None:
        """Somebody was told what they should not have been."""
        self.lies.append(sentence)

    def check(self) -> None:
        """Raise what has been found out; whoever tells a lie would take the error for another."""
        if self.lies:
            raise Lie(self.lies[0])

    def close(self) -> None:
        """End everything."""
        for tab in list(self.tabs):
            self.leave(tab)
        self.loop.pass_by(QUIET_S)
        self.loop.close()
        self._clock.stop()

    # -- what people do -------------------------------------------------------------------------

    def enter(self, user: str, process: int) -> None:
        """Somebody opens a socket."""
        tab = Tab(user, self, self.processes[process], len(self.log.of("lobby")))
        self.tabs.append(tab)
        self._inboxes[id(tab)] = asyncio.Queue()
        self._serving[id(tab)] = self.loop.create_task(self._serve(tab))
        self.loop.pass_by(STEP_S)

    def leave(self, tab: Tab) -> None:
        """Somebody's socket ends."""
        self.tabs.remove(tab)
        task = self._serving.pop(id(tab))
        task.cancel()
        self.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))

    def say(self, tab: Tab, type: str, **payload: Any) -> None:
        """Somebody sends a message, with an id of its own."""
        name = next(self._names)
        tab.asked[name] = type
        message = json.dumps({"type": type, "payload": payload, "id": name})
        self._inboxes[id(tab)].put_nowait(message.encode())
        self.loop.pass_by(STEP_S)

    async def _serve(self, tab: Tab) -> None:
        """As `play` does it, without a network."""
        identity = Identity(tab.user, "player", 0, 2**40)
        connection = PlayerConnection(cast("Channel", tab), tab.process.services, identity)
        connection.open()
        listening = asyncio.create_task(connection.listen())
        try:
            while True:
                await connection.receive(await self._inboxes[id(tab)].get())
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await connection.close()

    # -- what must be so when nothing is on its way any more ------------------------------------

    def settle(self) -> None:
        """Let everything arrive; then everybody knows how things stand."""
        for _ in range(3):
            self.log.matchmake()
            for process in self.processes:
                process.feed.catch_up()
            self.loop.pass_by(QUIET_S)
        for tab in self.tabs:
            self._check_games(tab)
            self._check_place(tab)
            if tab.asked:
                self.lie(f"{tab.user} is not answered: {tab.asked}")
        self._check_who_waits()
        self.check()

    def _check_who_waits(self) -> None:
        lobby: Any = self.log.aggregates.get("game/lobby", Lobby())
        waiting = lobby.view.waiting
        if waiting is not None and waiting.user_id not in {tab.user for tab in self.tabs}:
            self.lie(f"{waiting.user_id} waits for a game, and has gone")

    def _check_games(self, tab: Tab) -> None:
        for game_id, told in tab.states.items():
            game = self.log.aggregates[f"game/{game_id}"]
            if game_id not in tab.unwatched and told != game.view:
                self.lie(f"{tab.user} knows {told}, and it is {game.view}")

    def _check_place(self, tab: Tab) -> None:
        lobby = self.log.aggregates.get("game/lobby", Lobby())
        place = self._place_of(tab.user, lobby)
        if place is None:
            if tab.place is not None and tab.place.status == "seeking":
                self.lie(f"{tab.user} believes to look for a game, and does not")
        elif tab.place != place and self._has_changed_since(tab):
            self.lie(f"{tab.user} believes in {tab.place}, and it is {place}")

    def _place_of(self, user: str, lobby: Any) -> Seek | None:
        view: LobbyView = lobby.view
        if view.waiting is not None and view.waiting.user_id == user:
            return view.waiting
        game_id = lobby._table_of.get(user)
        return game_id and Seek(user_id=user, game_id=game_id, status="seated")

    def _has_changed_since(self, tab: Tab) -> bool:
        """Whether what the lobby knows of somebody has changed since their socket was opened."""
        later = self.log.of("lobby")[tab.opened_at :]
        return any(tab.user in _people(event) for event in later)

    def game(self, game_id: str) -> FourInARow:
        """A game as it is."""
        game = self.log.aggregates[f"game/{game_id}"]
        assert isinstance(game, FourInARow)
        return game

    @property
    def games(self) -> list[str]:
        """Every game that has begun."""
        return [
            id
            for each in self.log.aggregates
            if (id := each.removeprefix("game/")) != "lobby" and self.game(id).view is not None
        ]


def _people(event: Any) -> set[str]:
    return {getattr(event, name, "") for name in ("user_id", "player1", "player2")}
