import pytest

from tests.http.conftest import Api, problem


async def test_two_players_meet_play_and_can_look_at_every_move(api: Api) -> None:
    game = await api.pair()
    for user, column in (("ann", 3), ("ben", 3), ("ann", 4)):
        body = {"column": column}
        moved = await api.ask("POST", f"/api/v1/games/{game}/move", body, user=user)
        assert moved.status_code == 200, moved.text

    assert moved.json()["to_move"] == "ben"
    assert (await api.ask("GET", f"/api/v1/games/{game}")).json()["board"][5] == "...11.."
    moves = (await api.ask("GET", f"/api/v1/games/{game}/moves")).json()
    assert [(move["player"], move["column"]) for move in moves] == [
        ("ann", 3),
        ("ben", 3),
        ("ann", 4),
    ]
    assert (await api.ask("GET", f"/api/v1/games/{game}/at/1")).json()["board"][5] == "...1..."
    assert (await api.ask("GET", f"/api/v1/games/{game}/at/0")).json()["move"] == 0


@pytest.mark.parametrize("body", [None, {}, {"player": "ann"}])
async def test_a_player_resigns_with_or_without_a_body(api: Api, body: object) -> None:
    game = await api.pair()
    for user in ("ann", "ben"):
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3}, user=user)
    resigned = await api.ask("POST", f"/api/v1/games/{game}/resign", body)

    assert (resigned.status_code, resigned.json()["winner"]) == (200, "ben")


async def test_a_cancel_that_meets_the_match_is_no_loss(api: Api) -> None:
    game = await api.pair()
    problem(await api.ask("POST", "/api/v1/games/cancel", {}), 409, "already-seated")
    resigned = (await api.ask("POST", f"/api/v1/games/{game}/resign")).json()
    assert (resigned["status"], resigned["winner"]) == ("finished", None)


async def test_who_waits_can_stop_waiting(api: Api) -> None:
    await api.ask("POST", "/api/v1/games/seek", {"user_id": "ann", "bot_level": "hard"})
    cancelled = await api.ask("POST", "/api/v1/games/cancel", {"user_id": "ann"})

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    problem(await api.ask("POST", "/api/v1/games/cancel", {}), 409, "not-seeking")


@pytest.mark.parametrize(
    ("user", "column", "status", "type"),
    [
        ("ben", 3, 409, "not-your-turn"),
        ("eve", 3, 403, "not-a-player"),
        ("ann", 7, 422, "no-such-column"),
        ("ann", -1, 422, "no-such-column"),
        ("ann", 10**30, 422, "no-such-column"),
    ],
)
async def test_an_illegal_move_is_refused_for_its_own_reason(
    api: Api, user: str, column: int, status: int, type: str
) -> None:
    game = await api.pair()
    before = len(api.log.events["game-log"])
    answer = await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)

    problem(answer, status, type)
    assert len(api.log.events["game-log"]) == before


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    game = await api.pair()
    for path in ("/api/v1/games/none", "/api/v1/games/none/moves", f"/api/v1/games/{game}/at/9"):
        problem(await api.ask("GET", path), 404, "game-not-found")
    answer = await api.ask("POST", "/api/v1/games/none/move", {"column": 1})
    problem(answer, 404, "game-not-found")


@pytest.mark.parametrize("move", ["-1", "43"])
async def test_no_game_has_such_a_move(api: Api, move: str) -> None:
    problem(await api.ask("GET", f"/api/v1/games/any/at/{move}"), 400, "invalid-request")


async def test_the_leaderboard_and_its_players(api: Api) -> None:
    board = (await api.ask("GET", "/api/v1/leaderboard?limit=5")).json()
    assert (board["total"], board["entries"][0]["user_id"]) == (1, "ann")
    assert (await api.ask("GET", "/api/v1/leaderboard?offset=5")).json()["entries"] == []
    assert (await api.ask("GET", "/api/v1/leaderboard/ann")).json()["rank"] == 1
    assert (await api.ask("GET", "/api/v1/players/ann")).json()["score"] == 3
    for path in ("/api/v1/leaderboard/eve", "/api/v1/players/eve"):
        problem(await api.ask("GET", path), 404, "player-not-found")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=1e99", "limit=99999999999999"],
)
async def test_absurd_pages_are_refused(api: Api, query: str) -> None:
    details = problem(await api.ask("GET", f"/api/v1/leaderboard?{query}"), 400, "invalid-request")

    assert details["errors"][0]["field"] == f"query.{query.partition('=')[0]}"
