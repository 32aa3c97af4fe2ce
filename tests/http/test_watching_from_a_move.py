"""Who says which move of a game they saw last is told all that came after it, each once, in order.

Whatever is cut, late or away meanwhile, and through whichever process they come back.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from application.ports.commands import Answer, Envelope, Unavailable
from domain.aggregate import Command
from domain.events import Position
from domain.games.board import COLUMNS
from domain.games.commands import (
    ConfirmMoves,
    GameView,
    LookAtGame,
    LookBackAtGame,
    MakeMove,
    Resign,
    StartGame,
)
from domain.games.events import MovePlayed
from domain.games.four_in_a_row import FourInARow
from domain.refusals import Refusal
from interfaces.http.games.following import FollowedGames
from interfaces.http.games.socket import PlayerConnection
from interfaces.http.games.watched_game import Said, WatchedGame
from interfaces.http.platform.channel import BACKLOG_MESSAGES, Channel
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.resume import Arrivals
from interfaces.http.platform.services import Services
from interfaces.tokens import Identity
from tests.http.at_tables import LIVE, WINNING, answer_to, everything, play
from tests.http.conftest import Api
from tests.http.fakes.log import NOW, FakeLog
from tests.http.socket_client import connected
from tests.http.sockets.virtual_time import VirtualTime
from tests.http.sockets.world import Process

GAME = "game"
OPERATIONS = (
    *("move", "move", "move", "say", "resign", "hear", "hear"),
    *("cut", "away", "back", "freeze", "thaw", "read", "read", "break", "again"),
)
"""What may happen at any moment."""

UNSURE = (
    *("move", "move", "move", "hear", "freeze", "freeze", "thaw"),
    *("cut", "cut", "again", "again", "again", "read"),
)
"""What does where people go on from other moves all the time."""

QUIET_S = 20.0
BUSY = 503
SCHEDULES = 200
"""Tried, always the same ones; whatever is taken away is missed within some of them."""


class Wrong(AssertionError):
    """Somebody is told what they should not be, or not what they should."""


class Owner:
    """The log as a process reaches it: by who decides, or by one who has just lost the shard."""

    def __init__(self, log: FakeLog, process: Process, random: Random) -> None:
        self._log = log
        self._random = random
        self._process = process
        self.is_former = False

    async def execute(self, envelope: Envelope) -> Answer:
        if self._random.random() < 0.5:
            await asyncio.sleep(0.01)
        command = envelope.command
        looks = isinstance(command, LookAtGame | LookBackAtGame) and not command.confirmed
        if self.is_former and looks:
            return self._as_it_was(command)
        return await self._log.execute(envelope)

    def _as_it_was(self, command: Any) -> Answer:
        """As far as the process has heard: it knows no newer owner."""
        events = self._log.events["game-log"]
        known = events[: len(events) - len(self._process.feed.late)]
        game = FourInARow.fold(GAME, [each.event for each in known])
        return Answer(Position("game-log", 0, len(known) - 1), game.decide(command, NOW))


class Connection(PlayerConnection):
    """A socket that says from when on it goes on from another move."""

    def __init__(self, watcher: "Watcher", services: Services) -> None:
        identity = Identity("ann", "player", 0, 2**40)
        super().__init__(cast("Channel", watcher), services, identity)
        self._watcher = watcher

    def _say(self, said: Iterable[Said]) -> None:
        told = list(said)
        if told and told[-1].id == "w":
            self._watcher.go_back()
        super()._say(told)


class Watcher:
    """Ann at a socket: she plays, reads when she likes, and comes back with what she has read."""

    def __init__(self, processes: Sequence[Process], cursor: int, random: Random) -> None:
        self._processes = processes
        self._random = random
        self.moves: dict[int, dict[str, Any]] = {}
        self.cursor = self._start = cursor
        self.state: GameView | None = None
        self._come()

    def _come(self) -> None:
        self.unread: deque[tuple[str, Any, str | None]] = deque()
        self._asked: deque[int] = deque()
        """The moves after which it is to go on, each until that is answered."""
        self.state = None
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()
        services = self._random.choice(self._processes).services
        self._serving = asyncio.create_task(self._serve(services))
        self._watch(self.cursor)

    def _watch(self, after: int) -> None:
        payload = {"game_id": GAME, "after": after}
        self.say(json.dumps({"type": "watch", "payload": payload, "id": "w"}))
        self._asked.append(after)

    def ask_again(self) -> None:
        """Go on from a move that was read some time ago."""
        self._watch(self._random.randint(self._start, self.cursor))

    def say(self, message: str) -> None:
        self._inbox.put_nowait(message.encode())

    async def _serve(self, services: Services) -> None:
        connection = Connection(self, services)
        connection.open()
        try:
            while True:
                await connection.receive(await self._inbox.get())
        finally:
            await connection.close()

    def push(self, type: str, payload: Any = None, *, id: str | None = None, **_: Any) -> None:
        """`Channel.push`."""
        self.unread.append((type, payload, id))

    def push_error(self, error: Exception, *, id: str | None = None) -> None:
        """`Channel.push_error`."""
        if id == "w":
            self._asked.popleft()
        self.push("error", problem_of(error).details(), id=id)

    def go_back(self) -> None:
        """What is told next comes after the move that was asked for first."""
        self.unread.append(("from", self._asked.popleft(), None))

    async def come_back(self) -> None:
        """What has not been read is lost with the connection."""
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
        self._come()

    async def read(self, most: int = BACKLOG_MESSAGES) -> None:
        if len(self.unread) > BACKLOG_MESSAGES:
            await self.come_back()  # cut off, as too slow a reader
        for _ in range(min(most, len(self.unread))):
            self._take(*self.unread.popleft())

    def _take(self, type: str, payload: Any, id: str | None) -> None:
        match type, id:
            case "move", _:
                self._take_move(payload)
            case "game_state", _:
                if self.state is not None and payload.moves < self.state.moves:
                    raise Wrong(f"{payload} is told after {self.state}.")
                self.state = payload
            case "from", _:
                self.cursor = payload
            case "error", "w":
                if payload.status != BUSY:
                    raise Wrong(payload.detail)
                self._watch(self.cursor)

    def _take_move(self, move: dict[str, Any]) -> None:
        if move["move"] != self.cursor + 1:
            raise Wrong(f"Move {move['move']} is told after move {self.cursor}.")
        self.moves[move["move"]] = move
        self.cursor += 1

    async def leave(self) -> None:
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)


class World:
    """A game in the log, and two processes that hear of it when they like."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.log = FakeLog()
        self.log.matchmaker_rests = True
        self.log.feeds.clear()
        self.processes = [Process(self.log), Process(self.log)]
        self.owners = [Owner(self.log, each, random) for each in self.processes]
        for process, owner in zip(self.processes, self.owners, strict=True):
            process.services = replace(process.services, log=owner)

    async def happen(self, operation: str, watcher: Watcher) -> None:
        match operation:
            case "read":
                await watcher.read(self.random.randint(0, 8))
            case "break":
                await watcher.come_back()
            case "again":
                watcher.ask_again()
            case "say":
                watcher.say(f'{{"type":"move","payload":{{"column":{self._column()}}},"id":"m"}}')
            case "resign":
                if self.random.random() < 0.05:
                    await self._decide(Resign(game_id=GAME, player="ben"))
            case "move":
                await self.move()
            case _:
                self._befall(operation)

    def _befall(self, operation: str) -> None:
        """Something happens to a process, or to who decides."""
        process = self.random.choice(self.processes)
        match operation:
            case "away" | "back":
                self.log.away = operation == "away"
            case "freeze" | "thaw":
                self.random.choice(self.owners).is_former = operation == "freeze"
            case "hear":
                process.feed.lags = self.random.random() < 0.7
                process.feed.catch_up(self.random.randint(0, 5))
            case "cut":
                process.feed.cut(GAME)

    async def begin(self) -> None:
        await self._decide(StartGame(game_id=GAME, player1="ann", player2="ben", move_seconds=60))
        for process in self.processes:
            process.feed.catch_up()

    async def move(self) -> None:
        """Whoever is to move does so, if the game goes on."""
        player = self.game.view.to_move if self.game.view else None
        if player is not None:
            await self._decide(MakeMove(game_id=GAME, player=player, column=self._column()))

    async def _decide(self, command: Command) -> None:
        with suppress(Refusal, Unavailable):  # the column is full, the game over, or nobody decides
            await self.log.execute(Envelope(command_id=f"{self.random.random()}", command=command))

    def _column(self) -> int:
        return self.random.randrange(COLUMNS)

    @property
    def game(self) -> FourInARow:
        return cast("FourInARow", self.log.aggregates[f"game/{GAME}"])

    @property
    def moves(self) -> list[MovePlayed]:
        return [each for each in self.log.of(GAME) if isinstance(each, MovePlayed)]

    def calm(self) -> None:
        """All that could be away is back."""
        self.log.away = False
        for owner, process in zip(self.owners, self.processes, strict=True):
            owner.is_former, process.feed.lags = False, False
            process.feed.catch_up()


async def told_of(number: int, operations: Sequence[str]) -> None:
    random = Random(number)
    world = World(random)
    await world.begin()
    for _ in range(random.randint(0, 6)):
        await world.move()
    cursor = random.randint(0, len(world.moves))
    ann = Watcher(world.processes, cursor, random)
    try:
        for operation in operations:
            await world.happen(operation, ann)
            await asyncio.sleep(random.choice([0, 0, 0.01, 0.05, 1]))
        world.calm()
        for _ in range(3):
            await asyncio.sleep(QUIET_S)
            await ann.read()
    finally:
        await ann.leave()
        await asyncio.sleep(QUIET_S)
    if ann.moves != {each.move: as_told(each) for each in world.moves[cursor:]}:
        raise Wrong(f"After move {cursor}, {ann.moves} are told of {world.moves}.")
    if ann.cursor != len(world.moves):
        raise Wrong(f"In the end {ann.cursor} is told of {world.moves}.")
    if ann.state != world.game.view:
        raise Wrong(f"{ann.state} is told of {world.game.view}.")


def as_told(move: MovePlayed) -> dict[str, Any]:
    facts = {name: getattr(move, name) for name in ("player", "column", "row", "move")}
    return {"game_id": GAME, **facts}


def run_in_virtual_time(number: int, operations: Sequence[str]) -> None:
    loop = VirtualTime()
    clock = SimpleNamespace(monotonic=loop.time)
    try:
        with patch("projections.projection.time", clock):
            loop.run_until_complete(told_of(number, operations))
    finally:
        loop.close()


MANY = st.lists(st.sampled_from(OPERATIONS), min_size=20, max_size=60)


@settings(max_examples=100)
@for_all(st.integers(0, 2**32), MANY)
def test_each_move_is_told_once_in_order(number: int, operations: list[str]) -> None:
    run_in_virtual_time(number, operations)


def try_many() -> None:
    for number in range(SCHEDULES):
        random = Random(number)
        operations = UNSURE if number % 2 else OPERATIONS
        run_in_virtual_time(number, random.choices(operations, k=random.randint(20, 60)))


def nothing(*_: object) -> Sequence[Any]:
    return []


def once(self: FollowedGames, game_id: str) -> None:
    if game_id not in self._tasks:
        self._tasks[game_id] = asyncio.create_task(self._follow(self._games[game_id]))


TAKEN_AWAY: dict[str, tuple[Any, str, Any]] = {
    "a game is looked at again after a break": (Arrivals, "lose", nothing),
    "a look back tells what was missed": (WatchedGame, "_made", nothing),
    "a move that a state was faster than is told": (WatchedGame, "_count", nothing),
    "who certainly knows is asked of a move that is ahead": (ConfirmMoves, "confirmed", False),
    "it is followed anew from another move": (FollowedGames, "_begin", once),
}
"""What counting rests on, each with where it is done, and what is done without it."""


@pytest.mark.no_cover
@pytest.mark.parametrize("rule", TAKEN_AWAY)
def test_some_schedule_misses_a_move_without_the_rule_that(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*TAKEN_AWAY[rule])
    with pytest.raises(Wrong):
        try_many()


async def test_who_comes_back_is_told_the_moves_they_missed_and_then_how_the_game_stands(
    api: Api,
) -> None:
    game = await api.pair()
    await play(api, game, 3, 4, 5)
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game, after=1)
        said = await everything(ann)
        assert [type for type, _ in said] == ["move", "move", "game_state"]
        assert [payload["move"] for type, payload in said if type == "move"] == [2, 3]
        assert said[0][1]["player"] == "ben"
        await play_on(api, game, 2)
        assert (await ann.until("move"))["move"] == 4


async def test_who_asks_again_from_another_move_is_told_from_there(api: Api) -> None:
    game = await api.pair()
    await play(api, game, 3, 4)
    async with connected(api, LIVE) as ann:
        for after, missed in ((2, []), (0, [1, 2]), (1, [2])):
            await ann.send("watch", game_id=game, after=after)
            said = await everything(ann)
            assert [payload["move"] for type, payload in said if type == "move"] == missed
            assert said[-1][0] == "game_state"
        await play_on(api, game, 5)
        said = [await ann.receive() for _ in range(2)]
        assert [type for type, _ in said] == ["move", "game_state"]
        await ann.send("watch", game_id=game)
        assert [type for type, _ in await everything(ann)] == ["game_state"], "as without a number"


async def test_a_game_that_is_over_is_told_from_any_move(api: Api) -> None:
    game = await api.pair()
    await play(api, game, *WINNING, 0)
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game, after=5)
        said = await everything(ann)
        assert [payload["move"] for type, payload in said if type == "move"] == [6, 7]
        assert said[-1][1]["status"] == "finished"


@pytest.mark.parametrize("after", [1, 43, 2**53 - 1])
async def test_a_move_that_is_not_made_yet_is_refused(api: Api, after: int) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        message = {"type": "watch", "payload": {"game_id": game, "after": after}, "id": "7"}
        answer = await answer_to(ann, message)
        assert (answer["payload"]["status"], answer["type"]) == (422, "error")
        assert f"Move {after} is ahead of game" in answer["payload"]["detail"]
        await play(api, game, 3)
        assert await everything(ann) == [], "it is not watched"


@pytest.mark.parametrize("after", [-1, 1.5, "1", 2**53, None])
async def test_what_is_no_number_of_a_move_is_refused(api: Api, after: Any) -> None:
    game = await api.pair()
    async with connected(api, LIVE) as ann:
        await ann.send("watch", game_id=game, after=after)
        assert (await ann.until("error"))["type"].endswith("invalid-request")


async def play_on(api: Api, game: str, column: int) -> None:
    """The next move of a game."""
    record = await api.games.game(game)
    assert record is not None
    assert record.to_move is not None
    await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=record.to_move)
