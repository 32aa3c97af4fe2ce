"""Anything as it was, over HTTP."""

import pytest
from httpx import Response

from application.history import History
from domain.categories import CATEGORIES
from tests.http.conftest import Api, problem
from tests.http.fakes.log import NOW


async def looked(api: Api, path: str, **moment: str | int) -> Response:
    query = "&".join(f"{name}={value}" for name, value in moment.items())
    path = f"/api/v1/history/{path}?{query.replace('+', '%2B')}"
    return await api.ask("GET", path, user="support", scope="admin")


async def test_a_game_is_shown_as_it_was_with_what_had_happened(api: Api) -> None:
    game = await api.pair("ann", "ben")
    for user, column in (("ann", 3), ("ben", 4), ("ann", 3)):
        await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)

    shown = (await looked(api, f"game/{game}", version=3)).json()

    assert (shown["version"], shown["state"]["moves"], shown["state"]["to_move"]) == (3, 2, "ann")
    assert [event["version"] for event in shown["events"]] == [1, 2, 3]
    assert shown["events"][2]["facts"] == {"player": "ben", "column": 4, "row": 5, "move": 2}
    assert shown["events"][2]["actor"] == "ben"
    assert shown["position"] == shown["events"][2]["position"]

    now = (await looked(api, f"game/{game}")).json()
    assert now["state"] == (await api.ask("POST", f"/api/v1/games/{game}/resign")).json() | {
        "status": "playing",
        "to_move": "ben",
        "result": None,
        "winner": None,
    }
    there = await looked(api, f"game/{game}", position=shown["position"])
    assert there.json() == shown


async def test_a_room_is_shown_as_of_a_time(api: Api) -> None:
    await api.open()
    await api.join("ann")
    shown = (await looked(api, "waitroom/concert", time=NOW.isoformat(), limit=1)).json()
    assert shown["state"] | {"joined": 1, "ready": 1} == shown["state"]
    assert [event["type"] for event in shown["events"]] == ["waitroom.admitted.v1"]
    problem(
        await looked(api, "waitroom/concert", time="2026-11-01T11:59:59+00:00"),
        404,
        "history-not-found",
    )


@pytest.mark.parametrize(
    ("moment", "type"),
    [
        ({"time": "yesterday"}, "invalid-time"),
        ({"time": "2026-11-01T12:00:00"}, "invalid-time"),
        ({"position": "here"}, "invalid-position"),
        ({"version": 0}, "invalid-request"),
        ({"version": "null"}, "invalid-request"),
        ({"limit": 1001}, "invalid-request"),
    ],
)
async def test_what_is_no_moment_is_refused(api: Api, moment: dict[str, str], type: str) -> None:
    problem(await looked(api, "game/nothing", **moment), 400, type)


async def test_a_position_elsewhere_says_nothing(api: Api) -> None:
    problem(await looked(api, "game/nothing", position="game-log/1@3"), 422, "position-elsewhere")


async def test_there_is_nothing_of_what_never_was(api: Api) -> None:
    problem(await looked(api, "game/nothing"), 404, "history-not-found")
    assert (await looked(api, "poem/nothing")).status_code in {400, 404}


async def test_players_do_not_look_back(api: Api) -> None:
    answer = await api.ask("GET", "/api/v1/history/game/nothing", user="ann")
    problem(answer, 403, "wrong-scope")


async def test_what_is_too_long_for_a_request_is_told_so(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open()
    monkeypatch.setattr(api.services.part(History), "_most_events", 0)
    problem(await looked(api, "waitroom/concert"), 422, "history-too-long")


async def test_a_look_that_has_to_wait_too_long_comes_back(api: Api) -> None:
    history = api.services.part(History)
    history._patience = 0
    with history._turn:
        answer = await looked(api, "waitroom/concert")
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("category", [category.name for category in CATEGORIES])
async def test_every_category_has_a_past(api: Api, category: str) -> None:
    problem(await looked(api, f"{category}/nowhere"), 404, "history-not-found")
