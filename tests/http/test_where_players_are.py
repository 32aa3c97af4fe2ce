"""Where am I, which games are there, and how long is left."""

from application.ports.commands import Envelope
from domain.games.commands import SeekGame
from tests.http.conftest import Api, problem

PLACE = "/api/v1/me/place"


async def place(api: Api, user: str = "ann") -> object:
    answer = await api.ask("GET", PLACE, user=user)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_is_nowhere_is_told_so(api: Api) -> None:
    nothing = {"game_id": None, "seconds_left": None, "game": None}
    assert await place(api) == {"status": "idle"} | nothing


async def test_who_waits_is_told_when_the_bot_comes(api: Api) -> None:
    sought = (await api.ask("POST", "/api/v1/games/seek", {})).json()
    api.log.now = api.log.now.replace(second=api.log.now.second + 4)

    seeking = {"status": "seeking", "game_id": sought["game_id"], "seconds_left": 6.0, "game": None}
    assert await place(api) == seeking
    assert (await place(api, "ben")) != seeking


async def test_who_plays_is_told_the_game_and_the_time_for_the_move(api: Api) -> None:
    game_id = await api.pair()
    api.log.now = api.log.now.replace(second=api.log.now.second + 15)

    for user in ("ann", "ben"):
        answer = (await api.ask("GET", PLACE, user=user)).json()
        assert (answer["status"], answer["game_id"]) == ("seated", game_id)
        assert answer["seconds_left"] == answer["game"]["seconds_left"] == 45.0
        assert answer["game"]["to_move"] == "ann"
    now = (await api.ask("GET", f"/api/v1/games/{game_id}/now", user="eve")).json()
    assert now == answer["game"]
    assert now["last_column"] is None
    await api.ask("POST", f"/api/v1/games/{game_id}/move", {"column": 5})
    now = (await api.ask("GET", f"/api/v1/games/{game_id}/now", user="eve")).json()
    assert (now["last_column"], now["seconds_left"]) == (5, 60.0)


async def test_whose_game_has_not_begun_is_told_the_table(api: Api) -> None:
    api.log.matchmaker_rests = True
    for user in ("ann", "ben"):
        seek = SeekGame(user_id=user, game_id=f"of-{user}", bot_after=10)
        await api.log.execute(Envelope(command_id=user, command=seek))

    answer = (await api.ask("GET", PLACE)).json()
    nothing = {"seconds_left": None, "game": None}
    assert answer == {"status": "seated", "game_id": "of-ann"} | nothing


async def test_a_game_that_is_over_has_no_time_left(api: Api) -> None:
    game_id = await api.pair()
    await api.ask("POST", f"/api/v1/games/{game_id}/resign")

    now = (await api.ask("GET", f"/api/v1/games/{game_id}/now")).json()
    assert (now["status"], now["seconds_left"]) == ("finished", None)
    problem(await api.ask("GET", "/api/v1/games/none/now"), 404, "game-not-found")


async def test_a_log_that_is_away_does_not_make_anybody_idle(api: Api) -> None:
    api.log.away = True
    problem(await api.ask("GET", PLACE), 503, "unavailable")


async def test_games_are_listed_by_player_and_by_whether_they_go_on(api: Api) -> None:
    first = await api.pair("ann", "ben")
    await api.ask("POST", f"/api/v1/games/{first}/resign")
    second = await api.pair("ann", "cid")
    third = await api.pair("dan", "eve")

    async def listed(**asked: object) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        page = (await api.ask("GET", f"/api/v1/games?{query}")).json()
        return [each["game_id"] for each in page["games"]]

    assert await listed() == [third, second, first]
    assert await listed(player="ann") == [second, first]
    assert await listed(player="ann", status="playing") == [second]
    assert await listed(status="finished") == [first]
    assert await listed(limit=1, before=third) == [second]
    page = (await api.ask("GET", "/api/v1/games?limit=2")).json()
    assert page["before"] == second
    assert (await api.ask("GET", f"/api/v1/games?before={second}")).json()["before"] is None
    problem(await api.ask("GET", "/api/v1/games?status=odd"), 400, "invalid-request")
