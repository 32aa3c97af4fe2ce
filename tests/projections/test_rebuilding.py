import psycopg
import pytest
import redis

from tests.conftest import Hall
from tests.projections.conftest import Build
from tests.projections.living import live, outcome, quietly
from tests.projections.stories import tell_of_everything, tell_of_game, tell_of_rooms
from tests.projections.story import Narrator
from tests.read_models import OF_THE_LOG


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_what_is_rebuilt_is_what_was_live_value_by_value(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    live(read_model(name))
    tell_of_everything(narrator)
    model = live(read_model(name))

    assert outcome(model.verify(quietly)) == (True, 0)
    assert outcome(model.rebuild(quietly)) == (True, 0)
    assert outcome(model.verify(quietly)) == (True, 0)


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_the_first_read_model_is_built_in_one_go_and_is_the_same_as_one_that_followed(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model = read_model(name)

    assert not model.rebuild(quietly).compared
    assert outcome(live(model).verify(quietly)) == (True, 0)


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_a_read_model_that_lags_is_compared_at_its_own_place_and_replaced_by_a_newer_one(
    name: str, read_model: Build, narrator: Narrator
) -> None:
    tell_of_rooms(narrator, rooms=1, named="early")
    tell_of_game(narrator, "early", "ada", "bob")
    lagging = live(read_model(name))
    tell_of_everything(narrator)
    assert lagging.status().lag > 0

    assert outcome(lagging.rebuild(quietly)) == (True, 0)

    assert lagging.status().lag == 0


def test_verifying_tells_which_values_in_redis_are_not_what_the_log_says(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_rooms(narrator, rooms=1)
    model = live(read_model("waitroom"))
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        generation = client.get("projection:waitroom")
        client.hset(f"{generation}:sessions:concert-0-7", "status", "lost")
        client.zrem(f"{generation}:waitroom:concert-0:queue", "concert-0-10")
        client.zrem(f"{generation}:rooms", "concert-0")
        client.set(f"{generation}:sessions:nobody", "", ex=60)

    built = model.verify(quietly)

    assert {(d.key, d.field) for d in built.examples} >= {
        ("sessions:concert-0-7", "status"),
        ("waitroom:concert-0:queue", "concert-0-10"),
        ("rooms", "concert-0"),
    }
    assert outcome(model.rebuild(quietly)) == (True, built.different)
    assert outcome(model.verify(quietly)) == (True, 0)


def test_verifying_tells_which_rows_are_not_what_the_log_says(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model = live(read_model("game-records"))
    with psycopg.connect(empty.postgres) as connection:
        connection.execute("UPDATE users SET wins = wins + 1 WHERE id = 'ada'")
        connection.execute("DELETE FROM games WHERE id = 'game-0'")
        connection.execute("UPDATE game_stats SET game_id = 'game-x' WHERE game_id = 'game-1'")

    built = model.verify(quietly)

    assert {(d.key, d.field) for d in built.examples} == {
        ("users/ada", "wins"),
        ("users/ada", "score"),
        ("games/game-0", "*"),
        ("game_stats/game-1", "*"),
        ("game_stats/game-x", "*"),
    }
    assert model.verify(quietly).different == 5, "verifying repairs nothing"
    assert outcome(model.rebuild(quietly)) == (True, 5)
    assert outcome(model.verify(quietly)) == (True, 0)
