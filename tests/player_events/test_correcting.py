"""What is voided counts nowhere, what is restored counts again, what is replaced counts anew."""

import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import msgspec
import psycopg
import pytest
from hypothesis import strategies as st

from domain.player_events.corrections import (
    CORRECTIONS,
    ERASED,
    REPLACED,
    PlayerErased,
    PlayerRestored,
    PlayerVoided,
    correcting,
    correction_of,
    replacement,
    replacing,
)
from domain.player_events.event import PlayerEvent
from tests.conftest import ROOT, Hall
from tests.player_events.conftest import Build, builder
from tests.player_events.stored import Stored
from tests.player_events.told import NOON, Told, did, listed, ranks, scored, scores, statistics
from tests.projections.living import live, outcome, quietly
from tests.read_models import OF_PLAYERS, TABLES

DAY = timedelta(days=1)
EARLY = NOON - 30 * DAY


def void(
    player_id: str = "ada", since: datetime = EARLY, until: datetime = NOON + DAY
) -> PlayerEvent:
    said = PlayerVoided(since=since, until=until, by="ops")
    return correcting(player_id, said, event_id=str(uuid.uuid4()), at=until)


def restore(voided: PlayerEvent) -> PlayerEvent:
    said = PlayerRestored(void=voided.event_id, by="ops")
    return correcting(voided.player_id, said, event_id=str(uuid.uuid4()), at=NOON + DAY)


def erase(player_id: str = "ada") -> PlayerEvent:
    said = PlayerErased(by="ops")
    return correcting(player_id, said, event_id=str(uuid.uuid4()), at=NOON + DAY)


def replace(event: PlayerEvent, **changes: Any) -> PlayerEvent:
    changed = msgspec.structs.replace(event, **changes)
    return replacing(changed, by="ops", event_id=str(uuid.uuid4()), at=NOON + DAY)


def counting(events: Sequence[PlayerEvent]) -> list[PlayerEvent]:
    """The events that count in the end, computed as plainly as can be."""
    kept: dict[tuple[str, str, datetime], PlayerEvent] = {}
    voids: dict[str, PlayerEvent] = {}
    for event in events:
        said = correction_of(event) if event.event_type in CORRECTIONS else None
        if isinstance(said, PlayerVoided):
            voids[event.event_id] = event
        elif isinstance(said, PlayerRestored):
            voids.pop(said.void, None)
        elif not isinstance(said, PlayerErased):  # what is counted stays
            now = replacement(event) if said else event
            kept[now.event_id, now.player_id, now.ingested_at] = now
    return [e for e in kept.values() if not any(_covers(v, e) for v in voids.values())]


def _covers(voided: PlayerEvent, event: PlayerEvent) -> bool:
    said = correction_of(voided)
    assert isinstance(said, PlayerVoided)
    return voided.player_id == event.player_id and said.covers(event.happened_at)


def follow(build: Build) -> None:
    """Every consumer comes to the end; the archive first, for which the others wait."""
    for name in OF_PLAYERS:
        live(build(name))


def agrees(stored: Stored, told: Told) -> None:
    """Statistics, boards and caches are what the events come to that count."""
    events = counting(told.events)
    assert stored.statistics() == statistics(events)
    cached = stored.cached("player-statistics")
    assert {key: int(facts["total_events"]) for key, facts in cached.items()} == {
        f"player_stats:{player}": row["total_events"] for player, row in statistics(events).items()
    }
    boards = scores(events)
    assert stored.scores() == boards
    assert stored.best() == {board: ranks(players) for board, players in boards.items()}
    latest = {(g, p): max(on for g2, p2, on in boards if (g2, p2) == (g, p)) for g, p, _ in boards}
    sets = stored.cached("leaderboards")
    assert sets.pop("boards", {}) == listed(boards)
    starts = {k: v for k, v in sets.items() if k.endswith(":starts")}
    assert {k: v for k, v in sets.items() if k not in starts} == {
        f"leaderboard:{game}:{period}": boards[game, period, on]
        for (game, period), on in latest.items()
    }
    assert {(k.split(":")[1], p): on for k, days in starts.items() for p, on in days.items()} == {
        each: on.isoformat() for each, on in latest.items()
    }


def test_a_voided_player_is_on_no_board_and_has_no_statistics(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", 90), scored("bob", 10))
    follow(read_model)

    told.tell(void("ada"))
    follow(read_model)

    assert stored.statistics().keys() == {"bob"}
    assert stored.best()["chess", "daily", NOON.date()] == [(1, "bob", 10)]
    assert stored.cached("leaderboards")["leaderboard:chess:alltime"] == {"bob": 10}
    agrees(stored, told)


def test_only_what_happened_within_the_time_is_voided_even_when_it_comes_later(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored(at=NOON - DAY), scored(at=NOON), void(since=NOON, until=NOON + DAY))
    told.tell(scored(at=NOON + DAY / 2), scored(at=NOON + DAY), did("level_started", at=NOON))

    follow(read_model)

    assert stored.statistics()["ada"]["total_events"] == 2
    agrees(stored, told)


def test_a_restored_player_has_all_that_there_was(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", 90), scored("bob", 10), did("level_started"), did("boss_defeated"))
    follow(read_model)
    before = stored.statistics(), stored.best(), stored.cached("leaderboards")
    (voided,) = told.tell(void("ada"))
    follow(read_model)

    told.tell(restore(voided))
    follow(read_model)

    assert (stored.statistics(), stored.best(), stored.cached("leaderboards")) == before


def test_a_board_that_loses_its_last_player_gives_way_to_the_one_before(
    read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("bob", 5, at=NOON), scored("ada", 90, at=NOON + DAY))
    follow(read_model)
    assert stored.cached("leaderboards")["leaderboard:chess:daily"] == {"ada": 90}

    told.tell(void("ada", until=NOON + 2 * DAY))
    follow(read_model)

    assert stored.cached("leaderboards")["leaderboard:chess:daily"] == {"bob": 5}
    agrees(stored, told)


def test_an_event_is_replaced_everywhere(read_model: Build, told: Told, stored: Stored) -> None:
    (wrong, _) = told.tell(scored("ada", 1_000, at=NOON), scored("ada", 7, at=NOON))
    follow(read_model)

    right = msgspec.Raw(b'{"score":10}')
    told.tell(replace(wrong, timestamp=NOON - DAY, data=right))
    follow(read_model)

    boards = stored.scores()
    assert boards["chess", "daily", NOON.date() - DAY] == {"ada": 10}
    assert boards["chess", "daily", NOON.date()] == {"ada": 7}
    assert len(stored.archive()) == 2
    agrees(stored, told)


def test_an_event_that_the_boards_could_not_take_is_replaced_by_one_they_can(
    read_model: Build, told: Told, stored: Stored
) -> None:
    (wrong, _) = told.tell(scored("ada", "ten"), scored("ada", 5))
    follow(read_model)
    assert stored.best()["chess", "daily", NOON.date()] == [(1, "ada", 5)]

    told.tell(void("ada", until=EARLY), replace(wrong, data=msgspec.Raw(b'{"score":10}')))
    follow(read_model)

    assert stored.best()["chess", "daily", NOON.date()] == [(1, "ada", 15)]
    agrees(stored, told)


@pytest.mark.parametrize("name", ["player-statistics", "leaderboards"])
def test_a_consumer_waits_at_a_correction_until_the_archive_has_read_it(
    name: str, read_model: Build, told: Told, stored: Stored
) -> None:
    told.tell(scored("ada", 90))
    follow(read_model)
    told.tell(void("ada"))

    with pytest.raises(psycopg.OperationalError, match="archive has not read"):
        live(read_model(name))

    live(read_model("event-archive"))
    live(read_model(name))
    assert not stored.statistics() or not stored.scores()


kinds = st.sampled_from(["player_score", "boss_defeated", "level_started"])
deeds = st.builds(
    lambda kind, player, points, game, hours, late: did(
        kind,
        player,
        points=points,
        game_id=game,
        at=NOON + timedelta(hours=hours),
        taken=NOON + timedelta(hours=hours + late),
    ),
    kind=kinds,
    player=st.sampled_from(["ada", "bob"]),
    points=st.sampled_from([1, 5, 3, 20]),
    game=st.sampled_from(["chess", "go"]),
    hours=st.sampled_from([-61, -1, 0, 1, 13, 240]),
    late=st.sampled_from([-30, 0, 100]),
)
voids = st.builds(
    lambda player, since, hours: void(
        player, NOON + timedelta(hours=since), NOON + timedelta(hours=since + hours)
    ),
    player=st.sampled_from(["ada", "bob"]),
    since=st.sampled_from([-100, -1, 0, 1]),
    hours=st.sampled_from([1, 30, 400]),
)
steps = st.lists(
    st.one_of(
        deeds,
        deeds,
        voids,
        st.builds(erase, st.sampled_from(["ada", "bob"])),
        st.tuples(st.just("restore"), st.integers(0, 9)),
        st.tuples(st.just("replace"), st.integers(0, 9), st.sampled_from([0, 2, 50])),
    ),
    max_size=25,
)


def story_of(steps: Sequence[Any]) -> list[PlayerEvent]:
    """The records of some steps; what is restored or replaced is one of those before."""
    story: list[PlayerEvent] = []
    for step in steps:
        if isinstance(step, PlayerEvent):
            story.append(step)
            continue
        what, which, *more = step
        voided = [e for e in story if e.event_type in CORRECTIONS - {REPLACED, ERASED}]
        told = [e for e in story if e.event_type not in CORRECTIONS]
        if what == "restore" and voided:
            story.append(restore(voided[which % len(voided)]))
        elif what == "replace" and told:
            points = msgspec.Raw(msgspec.json.encode({"score": more[0]}))
            story.append(replace(told[which % len(told)], data=points))
    return story


@hypothesis.settings(
    max_examples=15,
    phases=[hypothesis.Phase.generate],  # each example takes a second; the first failure tells
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(steps=steps, batch=st.integers(1, 9))
def test_any_corrections_come_to_what_a_plain_computation_says_and_a_rebuild_too(
    empty: Hall, stored: Stored, steps: Sequence[Any], batch: int
) -> None:
    stored.postgres.execute(f"TRUNCATE {TABLES}")
    stored.redis.flushall()
    told, story = Told(), story_of(steps)
    for part in (story[: len(story) // 2], story[len(story) // 2 :]):
        told.tell(*part)
        with ExitStack() as held:
            for name in OF_PLAYERS:
                live(builder(empty, told, held)(name, batch))

    agrees(stored, told)
    with ExitStack() as held:
        for name in OF_PLAYERS:
            assert outcome(builder(empty, told, held)(name).rebuild(quietly)) == (True, 0)
    agrees(stored, told)


GOLDEN = ROOT / "tests" / "golden" / "player_events"


@pytest.mark.parametrize("kind", sorted(CORRECTIONS))
def test_a_correction_is_read_and_written_as_it_ever_was(kind: str) -> None:
    kept = (GOLDEN / f"{kind}.json").read_bytes()
    record = msgspec.json.decode(kept, type=PlayerEvent)
    again = correcting(
        record.player_id, correction_of(record), event_id=record.event_id, at=record.ingested_at
    )
    assert record.event_type == kind
    assert msgspec.json.decode(msgspec.json.encode(again)) == msgspec.json.decode(kept)


def test_who_loses_points_makes_room_for_who_was_not_among_the_best(
    read_model: Build, told: Told, stored: Stored
) -> None:
    follow(read_model)
    told.tell(*(scored(f"player-{number:03}", 200 - number) for number in range(120)))
    follow(read_model)

    told.tell(replace(told.events[0], data=msgspec.Raw(b'{"score":50}')))
    follow(read_model)

    best = stored.best()["chess", "daily", NOON.date()]
    assert best == ranks(scores(counting(told.events))["chess", "daily", NOON.date()])
    assert "player-100" in {player for _, player, _ in best}
    assert next(player for _, player, _ in best) == "player-001"
