"""The bot says what it thinks of a game, once nobody is helped by it."""

import asyncio
import time

import pytest

from application.ports.commands import Unavailable
from domain.games.board import Board
from domain.games.judgement import Judgement
from interfaces.http.games import judging
from interfaces.http.games.judging import Judge
from interfaces.http.platform.problems import Problem
from tests.http.at_tables import WINNING, play
from tests.http.conftest import Api, problem


async def judged(api: Api, game: str, move: int) -> object:
    answer = await api.ask("GET", f"/api/v1/games/{game}/at/{move}/judgement", user="eve")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_last_mistake_of_a_game_is_found(api: Api) -> None:
    game = await api.pair()
    await play(api, game, *WINNING, 0)

    before = await api.ask("GET", f"/api/v1/games/{game}/at/6/judgement")
    assert before.json()["best"] == 0
    assert before.json()["moves"][0] == {"column": 0, "value": 1.0, "ends_in": 1}
    over: object = {"depth": 0, "best": None, "moves": []}
    assert await judged(api, game, 7) == over


async def test_while_a_game_goes_on_nobody_is_helped(api: Api) -> None:
    game = await api.pair()
    await play(api, game, 3)

    path = f"/api/v1/games/{game}/at/1/judgement"
    problem(await api.ask("GET", path), 409, "game-goes-on")
    problem(await api.ask("GET", "/api/v1/games/none/at/1/judgement"), 404, "game-not-found")
    await api.ask("POST", f"/api/v1/games/{game}/resign")
    assert (await api.ask("GET", path)).status_code == 200
    problem(await api.ask("GET", path.replace("/1/", "/2/")), 404, "game-not-found")


async def test_one_position_is_judged_at_a_time_and_so_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thinking, most = 0, 0
    go = asyncio.Event()

    async def think(_: Judge, board: Board) -> None:
        nonlocal thinking, most
        thinking, most = thinking + 1, max(most, thinking + 1)
        await go.wait()
        thinking -= 1

    monkeypatch.setattr(Judge, "_think", think)
    judge = Judge()
    boards = [Board.after([number % 7]) for number in range(judging.MOST_WAITING)]
    waiting = [asyncio.create_task(judge.judge(b, f"user-{n}")) for n, b in enumerate(boards)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await judge.judge(Board(), "another")
    go.set()
    await asyncio.gather(*waiting)
    assert most == 1


async def test_one_waits_for_one_position_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    go = asyncio.Event()

    async def think(_: Judge, board: Board) -> None:
        await go.wait()

    monkeypatch.setattr(Judge, "_think", think)
    judge = Judge()
    waiting = asyncio.create_task(judge.judge(Board(), "ann"))
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="another position"):
        async with asyncio.timeout(5):
            await judge.judge(Board.after([3]), "ann")
    others = asyncio.create_task(judge.judge(Board(), "ben"))
    go.set()
    await asyncio.gather(waiting, others)
    await judge.judge(Board.after([3]), "ann")


async def test_the_bot_rests_for_as_long_as_it_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    now, rests = 100.0, []

    def think(board: Board, *, out_of_time: object) -> Judgement:
        nonlocal now
        now += 0.25
        return Judgement(depth=0, best=None, moves=[])

    async def rest(seconds: float) -> None:
        rests.append(max(0.0, seconds))

    monkeypatch.setattr(judging, "judge", think)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(asyncio, "sleep", rest)
    judge = Judge()
    for column in range(3):
        await judge.judge(Board.after([column]), "ann")
    assert rests == [0.0, 0.25, 0.25]


async def test_what_was_thought_is_remembered_and_no_more_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "MOST_KNOWN", 2)
    judge = Judge(0.0)
    first, second, third = (Board.after([column]) for column in range(3))
    known = await judge.judge(first, "ann")
    assert await judge.judge(first, "ann") is known
    await judge.judge(second, "ann")
    await judge.judge(third, "ann")
    assert await judge.judge(first, "ann") is not known
