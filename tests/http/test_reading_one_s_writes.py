import pytest

from projections.projection import ReadModelMissing
from tests.http.conftest import Api, problem

QUERIES = [
    ("/api/v1/waitroom/concert", "waitroom-log"),
    ("/api/v1/waitroom/sessions/s", "waitroom-log"),
    ("/api/v1/games/g", "game-log"),
    ("/api/v1/games/g/moves", "game-log"),
    ("/api/v1/games/g/at/0", "game-log"),
    ("/api/v1/leaderboard", "game-log"),
    ("/api/v1/leaderboard/ann", "game-log"),
    ("/api/v1/players/ann", "game-log"),
]


async def test_a_query_waits_for_the_position_of_a_command(api: Api) -> None:
    await api.open()
    position = (await api.join("ann")).headers["position"]
    answer = await api.ask("GET", "/api/v1/waitroom/concert", headers={"read-after": position})

    assert answer.json()["joined"] == 1


@pytest.mark.parametrize(("path", "topic"), QUERIES)
async def test_a_query_that_is_not_there_yet_can_be_repeated(
    api: Api, path: str, topic: str
) -> None:
    answer = await api.ask("GET", path, headers={"read-after": f"{topic}/0@5"})

    problem(answer, 503, "not-caught-up")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(("path", "topic"), QUERIES)
@pytest.mark.parametrize("position", ["nonsense", "{topic}/0", "{topic}/x@1", "other-log/0@1", ""])
async def test_what_is_no_position_is_refused(
    api: Api, path: str, topic: str, position: str
) -> None:
    headers = {"read-after": position.format(topic=topic)}

    problem(await api.ask("GET", path, headers=headers), 400, "invalid-position")


async def test_a_read_model_that_is_being_built_is_unavailable(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def missing(limit: int, offset: int) -> None:
        raise ReadModelMissing("The read model 'standings' is being built.")

    monkeypatch.setattr(api.standings, "top", missing)
    answer = await api.ask("GET", "/api/v1/leaderboard")

    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"
