"""The consumers that count events: each once, whatever happens on the way."""

import random
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from typing import Any

import hypothesis
import msgspec
import pytest
import redis
from hypothesis import strategies as st

from application.ports.projections import PositionConflict
from domain.player_events.event import PlayerEvent
from domain.player_events.scores import SCORING
from projections.player_events import seen_ids
from tests.conftest import Hall
from tests.player_events.conftest import Build, builder
from tests.player_events.stored import Stored
from tests.player_events.told import (
    NOON,
    Told,
    counted,
    did,
    listed,
    ranks,
    scored,
    scores,
    statistics,
)
from tests.projections.fakes import FakeLetters
from tests.projections.living import live, outcome, quietly
from tests.read_models import TABLES

IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(6)]
DAY = timedelta(days=1)
PLAYER_PROJECTIONS = ("event-archive", "player-statistics", "leaderboards")


class Crash(Exception):
    """The process ends here."""


def agrees(stored: Stored, told: Told) -> None:
    """Everything stored is what follows from the topic."""
    events = counted(told.events)
    assert stored.archive() == [(e.player_id, e.event_id, e.partition, e.offset) for e in events]
    assert stored.statistics() == statistics(events)
    # Events of other types are passed over with their ids.
    scoring = counted([event for event in told.events if event.event_type in SCORING])
    boards = scores(scoring)
    assert stored.scores() == boards
    assert stored.best() == {board: ranks(players) for board, players in boards.items()}
    _caches_agree(stored, events, boards)


def _caches_agree(
    stored: Stored,
    events: list[PlayerEvent],
    boards: dict[tuple[str, str, date], dict[str, int]],
) -> None:
    assert stored.cached("player-statistics") == {
        f"player_stats:{player}": {
            "total_events": str(row["total_events"]),
            "last_event": row["last_event_at"].isoformat(),
            **{f"event_{kind}": str(count) for kind, count in row["event_breakdown"].items()},
        }
        for player, row in statistics(events).items()
    }
    expected: dict[str, Any] = {"boards": listed(boards)} if boards else {}
    for game, period, starts_on in boards:
        latest = max(on for g, p, on in boards if (g, p) == (game, period))
        if starts_on == latest:
            expected[f"leaderboard:{game}:{period}"] = boards[game, period, latest]
            starts = expected.setdefault(f"leaderboard:{game}:starts", {})
            starts[period] = latest.isoformat()
    assert stored.cached("leaderboards") == expected


events = st.builds(
    lambda kind, player, points, game, given, hours, late: did(
        kind,
        player,
        points=points,
        game_id=game,
        id=given,
        at=NOON + timedelta(hours=hours),
        taken=NOON + timedelta(hours=hours + late),
    ),
    kind=st.sampled_from(["player_score", "boss_defeated", "quest_completed", "level_started"]),
    player=st.sampled_from(["ada", "bob", "cyd", "dan"]),
    points=st.sampled_from([0, 1, 5, 5, 20]),
    game=st.sampled_from(["chess", "go"]),
    given=st.sampled_from([None, None, *IDS]),
    hours=st.sampled_from([-61, -59, 0, 1, 13, 240]),
    late=st.sampled_from([-30, 0, 0, 1, 100, 200]),
)


@hypothesis.settings(
    max_examples=10,
    phases=[hypothesis.Phase.generate],  # each example takes a second; the first failure tells
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    told_events=st.lists(events, max_size=40),
    again=st.lists(st.integers(0, 39), max_size=10),
    batch=st.integers(1, 9),
)
def test_any_order_batches_and_repetitions_come_to_what_a_plain_computation_says(
    empty: Hall,
    stored: Stored,
    told_events: list[PlayerEvent],
    again: list[int],
    batch: int,
) -> None:
    stored.postgres.execute(f"TRUNCATE {TABLES}")
    stored.redis.flushall()
    told, half = Told(), len(told_events) // 2
    told.tell(*told_events[:half])
    with ExitStack() as held:
        for name in PLAYER_PROJECTIONS:
            live(builder(empty, told, held)(name, batch))
    repeated = [told_events[i] for i in again if i < len(told_events)]
    told.tell(*told_events[half:], *(event for event in repeated if not event.minted))

    with ExitStack() as held:
        for name in PLAYER_PROJECTIONS:
            live(builder(empty, told, held)(name, batch))  # another worker

        agrees(stored, told)
        for name in PLAYER_PROJECTIONS:
            assert outcome(builder(empty, told, held)(name).rebuild(quietly)) == (True, 0)
        agrees(stored, told)


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_an_id_from_a_client_counts_once_across_batches_and_workers(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    again = scored("ada", 10, id=IDS[0])
    told.tell(again, again)
    live(read_model(name))
    told.tell(again)

    live(read_model(name))

    assert total(stored, name) == 1


def total(stored: Stored, name: str) -> int:
    """How many events of ada's, each of 10 points, a consumer has counted."""
    if name == "event-archive":
        return len(stored.archive())
    if name == "player-statistics":
        return int(stored.statistics()["ada"]["total_events"])
    return stored.scores()["chess", "alltime", date(1970, 1, 1)]["ada"] // 10


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_an_id_that_comes_again_after_the_retention_is_another_event(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    live(read_model(name))
    for days in (0, 6, 7, 8, 13.9):
        told.tell(scored("ada", 10, id=IDS[0], taken=NOON + days * DAY))
        live(read_model(name))

    assert total(stored, name) == 2


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_an_event_that_says_it_was_taken_in_long_ago_counts_once_too(
    name: str, read_model: Build, told: Told, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_ids, "TIDY_EVERY_S", 0.0)
    worker = read_model(name)
    for _ in range(3):
        told.tell(scored("ada", 10, id=IDS[0], taken=NOON - 100 * DAY))
        live(worker)

    assert total(stored, name) == 1


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_the_same_id_of_two_players_is_two_events(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", id=IDS[0]), scored("bob", id=IDS[0]))
    live(read_model(name))

    if name == "event-archive":
        assert {player for player, *_ in stored.archive()} == {"ada", "bob"}
    elif name == "player-statistics":
        assert stored.statistics().keys() == {"ada", "bob"}
    else:
        assert stored.best()["chess", "daily", NOON.date()] == [(1, "ada", 10), (1, "bob", 10)]


@pytest.mark.parametrize(
    ("name", "field", "poison"),
    [
        ("event-archive", "player_id", "a\x00b"),
        ("event-archive", "event_id", "no id"),
        ("event-archive", "game_id", "a\x1eb"),
        ("player-statistics", "event_type", "a\x00b"),
        ("leaderboards", "data", msgspec.Raw(b'{"score":"ten"}')),
    ],
)
def test_poisoned_events_are_set_aside_alone_and_the_rest_is_kept(
    name: str, field: str, poison: object, read_model: Build, told: Told, stored: Stored
) -> None:
    live(read_model(name))
    told.tell(*(scored("ada", 10) for _ in range(300)))
    bad = [told.events[at] for at in (0, 77, 299)]
    for event in bad:
        setattr(event, field, poison)

    model = live(read_model(name))

    assert isinstance(model.letters, FakeLetters)
    assert [position for position, _ in model.letters.sent] == [str(e.position) for e in bad]
    assert model.letters.flushed == 3
    assert total(stored, name) == 297
    assert model.status().lag == 0


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_a_crash_between_reading_and_committing_loses_and_doubles_nothing(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    model = live(read_model(name))
    told.tell(*(scored("ada", 10, id=IDS[number % 3]) for number in range(9)), scored("ada", 10))
    standing = model.store.standing()
    assert standing is not None
    model.reader.start(standing.checkpoints)
    batch = model.reader.read(100, 0)
    with suppress(Crash), model.store.writing(batch.checkpoints) as writing:
        writing.apply(batch.events)
        raise Crash

    live(read_model(name))

    assert total(stored, name) == 4


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_the_same_worker_goes_on_after_a_transaction_that_failed(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    model = live(read_model(name))
    told.tell(scored("ada", 10), scored("ada", 10))
    standing = model.store.standing()
    assert standing is not None
    model.reader.start(standing.checkpoints)
    batch = model.reader.read(100, 0)
    for _ in range(2):
        with suppress(Crash), model.store.writing() as writing:
            writing.apply(batch.events)
            raise Crash

    live(model)

    assert total(stored, name) == 2


@pytest.mark.parametrize("name", PLAYER_PROJECTIONS)
def test_of_two_workers_the_one_that_comes_too_late_looks_again(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    one, other = live(read_model(name)).projector(), read_model(name).projector()
    assert one.resume()
    assert other.resume()
    told.tell(scored("ada", 10))
    assert one.step(0) == 1

    with pytest.raises(PositionConflict):
        other.step(0)

    assert total(stored, name) == 1


@pytest.mark.parametrize("name", ["player-statistics", "leaderboards"])
def test_a_redis_that_was_emptied_is_filled_from_the_record(
    name: str, empty: Hall, read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(*(scored(f"player-{n % 7}", n, at=NOON + n * DAY / 4) for n in range(50)))
    worker = live(read_model(name)).projector()
    assert worker.resume()
    before = stored.cached(name)
    with redis.Redis.from_url(empty.redis) as client:
        client.flushall()

    with pytest.raises(PositionConflict):
        worker.step(0)
    assert worker.resume()

    assert stored.cached(name) == before != {}


def test_the_archive_has_its_indexes_before_and_after_a_rebuild(
    read_model: Build, told: Told, stored: Stored
) -> None:
    model = live(read_model("event-archive"))
    told.tell(scored(at=NOON), scored(at=NOON - DAY))
    live(model)
    indexes = indexed(stored)

    assert outcome(model.rebuild(quietly)) == (True, 0)

    assert indexed(stored) == indexes
    assert len(indexes) == 5


def indexed(stored: Stored) -> list[str]:
    """What the indexes of the archive are on."""
    query = r"""
        SELECT regexp_replace(indexdef, 'INDEX \S+', 'INDEX') FROM pg_indexes
        WHERE schemaname = 'public' AND tablename = 'events'
    """
    return sorted(row[0] for row in stored.postgres.execute(query))


def test_only_the_best_hundred_are_ranked_and_everybody_is_kept(
    read_model: Build, told: Told, stored: Stored
) -> None:
    live(read_model("leaderboards", 40))
    chance = random.Random(1)
    players = [f"player-{number:03}" for number in range(150)]
    for _ in range(3):
        told.tell(
            *(scored(player, chance.randrange(1, 30)) for player in chance.sample(players, 99))
        )
        live(read_model("leaderboards", 40))

    agreed = scores(told.events)
    assert stored.scores() == agreed
    assert stored.best() == {board: ranks(there) for board, there in agreed.items()}
    assert {len(best) for best in stored.best().values()} == {100}


def test_the_best_are_told_while_and_after_their_board_is_rebuilt(
    read_model: Build, told: Told, stored: Stored
) -> None:
    model = live(read_model("leaderboards"))
    told.tell(scored("ada", 10), scored("bob", 20))
    live(model)

    assert outcome(model.rebuild(quietly)) == (True, 0)

    told.tell(scored("ada", 15))
    live(model)
    assert stored.best()["chess", "daily", NOON.date()] == [(1, "ada", 25), (2, "bob", 20)]


def test_a_late_event_changes_the_closed_board_and_leaves_the_latest_alone(
    read_model: Build, told: Told, stored: Stored
) -> None:
    live(read_model("leaderboards"))
    told.tell(scored("ada", 10, at=NOON), scored("bob", 5, at=NOON + DAY))
    live(read_model("leaderboards"))
    assert stored.cached("leaderboards")["leaderboard:chess:daily"] == {"bob": 5}

    told.tell(scored("cyd", 7, at=NOON, taken=NOON + DAY))
    live(read_model("leaderboards"))

    cached = stored.cached("leaderboards")
    assert cached["leaderboard:chess:daily"] == {"bob": 5}
    assert cached["leaderboard:chess:starts"]["daily"] == "2026-11-19"
    assert cached["leaderboard:chess:alltime"] == {"ada": 10, "bob": 5, "cyd": 7}
    assert stored.best()["chess", "daily", NOON.date()] == [(1, "ada", 10), (2, "cyd", 7)]


def test_a_clock_that_is_ahead_scores_on_the_day_that_the_event_came_in(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", 10, at=NOON + 400 * DAY, taken=NOON))
    live(read_model("leaderboards"))

    assert ("chess", "daily", NOON.date()) in stored.scores()
