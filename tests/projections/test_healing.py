import psycopg
import pytest
import redis

from application.ports.projections import GenerationLost, PositionConflict, RebuildRunning
from application.rebuild import GenerationFold
from tests.conftest import Hall
from tests.projections.conftest import Build
from tests.projections.living import is_true, live, outcome, quietly
from tests.projections.stories import tell_of_everything, tell_of_rooms
from tests.projections.story import Narrator
from tests.read_models import OF_THE_LOG, TABLES

DATA = "game_analytics, games, game_stats, users, standings, standing_games"


def truncate(servers: Hall, tables: str) -> None:
    with psycopg.connect(servers.postgres) as connection:
        connection.execute(f"TRUNCATE {tables}")


def flush(servers: Hall) -> None:
    with redis.Redis.from_url(servers.redis) as client:
        client.flushall()


@pytest.mark.parametrize("name", OF_THE_LOG)
def test_a_worker_builds_what_was_deleted_together_with_its_position(
    name: str, empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    worker = live(read_model(name)).projector()
    assert worker.resume()
    flush(empty)
    truncate(empty, TABLES)

    with pytest.raises(PositionConflict):
        worker.step(0)  # although there is no event, the worker notices

    assert is_true(live(read_model(name)))


@pytest.mark.parametrize("name", ["game-records", "standings"])
def test_a_rebuild_repairs_tables_that_were_emptied_behind_the_position(
    name: str, empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model = live(read_model(name))
    truncate(empty, DATA)

    assert model.rebuild(quietly).different > 0
    assert is_true(live(model))


def test_a_leaderboard_cache_that_is_lost_is_filled_from_the_record(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    worker = live(read_model("standings")).projector()
    assert worker.resume()
    before = _cache(empty)
    flush(empty)

    with pytest.raises(PositionConflict):
        worker.step(0)
    assert worker.resume()

    assert _cache(empty) == before != {}


def test_what_a_crashed_builder_left_behind_is_swept_away(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_rooms(narrator)
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        client.sadd("projection:waitroom:generations", "waitroom@crashed")
        client.hset("waitroom@crashed:sessions:x", "status", "waiting")

        live(read_model("waitroom"))

        assert client.keys("waitroom@crashed:*") == []
        assert client.smembers("projection:waitroom:generations") == {
            client.get("projection:waitroom")
        }


def test_a_generation_that_is_deleted_while_it_is_built_is_not_swapped_in(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_rooms(narrator)
    model = read_model("waitroom")
    with model.store.building() as generation:
        flush(empty)
        with pytest.raises(GenerationLost):
            generation.swap(lambda: (), ())
        with pytest.raises(GenerationLost), generation.writing() as writing:
            writing.apply(narrator.events)

    assert model.store.standing() is None
    assert is_true(live(model))


def test_a_generation_that_the_live_one_has_passed_is_not_swapped_in(
    read_model: Build, narrator: Narrator
) -> None:
    model = live(read_model("waitroom"))
    with model.store.building() as generation:
        behind = model.reader.checkpoints()
        tell_of_rooms(narrator)
        live(read_model("waitroom"))
        assert not generation.swap(lambda: behind, ())

    assert is_true(model)


def test_one_process_at_a_time_rebuilds_a_read_model_in_postgresql(
    read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model = live(read_model("game-records"))
    with model.store.building(), pytest.raises(RebuildRunning, match="by another process"):
        model.rebuild(quietly)

    assert is_true(model)


def test_a_worker_waits_for_whoever_builds_its_read_model(
    read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model, worker = read_model("game-records"), read_model("game-records").projector()
    with model.store.building():
        worker.build()
        assert not worker.resume()

    worker.build()
    assert worker.resume()


def test_a_worker_starts_over_when_what_it_builds_is_deleted(
    empty: Hall, read_model: Build, narrator: Narrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_of_rooms(narrator)
    worker = read_model("waitroom").projector()
    fold_on = GenerationFold.on

    def interrupted(fold: GenerationFold) -> object:
        flush(empty)
        monkeypatch.setattr(GenerationFold, "on", fold_on)
        return fold.on()

    monkeypatch.setattr(GenerationFold, "on", interrupted)
    worker.build()

    assert not worker.resume()
    assert is_true(live(read_model("waitroom")))


def test_a_swap_that_queries_hold_up_is_tried_again(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_everything(narrator)
    model = live(read_model("game-records"))
    with psycopg.connect(empty.postgres) as query, model.store.building() as generation:
        query.execute("SELECT count(*) FROM games")
        assert not generation.swap(model.reader.checkpoints, ())
        query.rollback()

    assert outcome(model.rebuild(quietly)) == (True, 0)


def _cache(servers: Hall) -> dict[str, float]:
    with redis.Redis.from_url(servers.redis, decode_responses=True) as client:
        key = f"{client.get('projection:standings')}:leaderboard:four-in-a-row:alltime"
        return dict(client.zrange(key, 0, -1, withscores=True))
