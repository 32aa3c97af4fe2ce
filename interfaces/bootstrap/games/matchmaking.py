"""The matchmaker, with the clock that its bots need; it loads nothing of HTTP."""

import time

from application.games import matchmaking
from domain.categories import GAMES
from domain.games.board import Board
from domain.games.bot import choose_column
from domain.games.events import BotLevel
from interfaces.bootstrap.worker import ProcessManager
from interfaces.settings import Settings


def _matchmaking(settings: Settings) -> matchmaking.MatchmakingProcess:
    return matchmaking.MatchmakingProcess(
        move_seconds=settings.move_seconds, choose=_choose_within(settings.bot_seconds)
    )


def _choose_within(seconds: float) -> matchmaking.Choose:
    def choose(board: Board, level: BotLevel) -> int:
        end = time.monotonic() + seconds
        return choose_column(board, level, out_of_time=lambda: time.monotonic() > end)

    return choose


MATCHMAKING = ProcessManager(name=matchmaking.NAME, topics=(GAMES.topic,), build=_matchmaking)
