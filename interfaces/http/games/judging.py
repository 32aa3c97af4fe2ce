"""What the bot thinks of the positions of a game that is over."""

import asyncio
import time
from collections import OrderedDict
from typing import Annotated

from litestar.params import PathParameter

from application.ports.commands import Unavailable
from domain.games.board import Board
from domain.games.judgement import Judgement, judge
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import caught_up, found
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.routes import query
from interfaces.http.platform.services import services_of
from projections.games import GAME_RECORDS

JUDGING_S = 0.15
"""For which the bot may think about a position. It shares the processor with everybody who asks
something else, so this is short, one position is judged at a time, and after each the bot rests
for as long."""

MOST_WAITING = 8
"""Who may wait for their turn, each for one position; others are told to come back."""

MOST_KNOWN = 2_000
"""Positions that a process remembers the judgement of."""


class Judge:
    """Judges one position after the other, in a thread, and remembers what it thought."""

    def __init__(self, seconds: float = JUDGING_S) -> None:
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._rests_until = 0.0
        self._waiting: set[str] = set()
        self._known: OrderedDict[Board, Judgement] = OrderedDict()

    async def judge(self, board: Board, user: str) -> Judgement:
        """What a position is worth; raises `Unavailable` where too many want to know.

        Raises `Problem` 429 for who waits for another one.
        """
        if (known := self._known.get(board)) is not None:
            return known
        if user in self._waiting:
            detail = "You wait for another position to be judged; ask again after that."
            raise Problem(429, "too-many-requests", detail, headers={"Retry-After": "1"})
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("The bot is asked about too many positions; ask again.", 1)
        self._waiting.add(user)
        try:
            async with self._turn:
                return self._known.get(board) or await self._think(board)
        finally:
            self._waiting.remove(user)

    async def _think(self, board: Board) -> Judgement:
        await asyncio.sleep(self._rests_until - time.monotonic())
        began = time.monotonic()
        end = began + self._seconds
        found = await asyncio.to_thread(judge, board, out_of_time=lambda: time.monotonic() > end)
        self._rests_until = time.monotonic() + (time.monotonic() - began)
        if len(self._known) >= MOST_KNOWN:
            self._known.popitem(last=False)
        self._known[board] = found
        return found


@query("/{game_id:str}/at/{move:int}/judgement", "judgeMove", "What the bot thinks", 404, 409, 429)
async def judge_move(
    request: Request,
    game_id: PathKey,
    move: Annotated[
        int, PathParameter(ge=0, le=42, description="Moves made; 0 is the empty board.")
    ],
) -> Judgement:
    """Judge every move that was possible after so many, in a game that is over.

    While a game goes on, nobody is helped.
    """
    games = await caught_up(request, GAME_RECORDS, None)
    detail = f"There is no game {game_id!r}, or it has not got to move {move}."
    record = found(await games.game(game_id), "game-not-found", detail)
    if record.status == "playing":
        raise Problem(
            409,
            "game-goes-on",
            f"Game {game_id!r} goes on; what is to be played is for its players.",
        )
    board = found(await games.board(game_id, move), "game-not-found", detail)
    judge = services_of(request).part(Judge)
    return await judge.judge(Board.of(board.board), request.user.user_id)
