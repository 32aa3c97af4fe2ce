"""Who plays when: days, months, cohorts, sessions and funnels, whatever order events come in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any

import hypothesis
import msgspec
import psycopg
import pytest
from hypothesis import strategies as st
from psycopg_pool import AsyncConnectionPool

from domain.events import Position
from domain.player_events.event import TOPIC, PlayerEvent
from projections.days import Days
from projections.player_events import activity_queries
from projections.player_events.activity_queries import ActivityQueries, Cohort
from projections.projection import ReadModelMissing
from tests.conftest import Hall
from tests.player_events.conftest import Build, builder
from tests.player_events.plain import Plain, games_of
from tests.player_events.told import NOON, Told, did
from tests.projections.fakes import FakeLetters
from tests.projections.living import live, outcome, quietly
from tests.read_models import TABLES

NAME = "player-activity"
DAY = timedelta(days=1)
TODAY = NOON.date()
IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(4)]
STEPS = ["session_started", "level_started", "level_completed"]


def on(days: int, kind: str = "session_started", player: str = "ada", **facts: Any) -> PlayerEvent:
    """A player did something so many days after the first noon."""
    return did(kind, player, at=NOON + days * DAY, **facts)


def ended(seconds: float | None, player: str = "ada", **facts: Any) -> PlayerEvent:
    """A session ended, which took so long."""
    data = {} if seconds is None else {"seconds": seconds}
    event = did("session_ended", player, **facts)
    return msgspec.structs.replace(event, data=msgspec.Raw(msgspec.json.encode(data)))


@pytest.fixture
async def queries(empty: Hall) -> AsyncIterator[ActivityQueries]:
    async with AsyncConnectionPool(empty.postgres, open=False) as pool:
        yield ActivityQueries(pool)


events = st.builds(
    lambda kind, player, game, given, seconds, hours, late: (
        ended(seconds, player, game_id=game, id=given, **times(hours, late))
        if kind == "session_ended"
        else did(kind, player, game_id=game, id=given, **times(hours, late))
    ),
    kind=st.sampled_from([*STEPS, "session_ended"]),
    player=st.sampled_from(["ada", "bob", "cyd"]),
    game=st.sampled_from(["chess", "go"]),
    given=st.sampled_from([None, None, *IDS]),
    seconds=st.sampled_from([None, 0, 1.5, 60]),
    hours=st.sampled_from([-31 * 24, -30 * 24, -29 * 24, -24, -13, -1, 0, 11, 13, 240]),
    late=st.sampled_from([-30, 0, 0, 1, 100]),
)


def times(hours: int, late: int) -> dict[str, datetime]:
    at = NOON + timedelta(hours=hours)
    return {"at": at, "taken": at + timedelta(hours=late)}


async def agrees(queries: ActivityQueries, told: Told) -> None:
    """Every answer is what a plain computation says."""
    assert (await queries.games()).games == games_of(told.events)
    for game in ("chess", "go"):
        plain = Plain(told.events, game)
        for first in (TODAY - 35 * DAY, TODAY - DAY):  # and what happened before a range
            await days_agree(queries, plain, game, Days(first, TODAY + 12 * DAY))
        for steps, within in ((STEPS, DAY), (STEPS[::-1], 40 * DAY)):
            entered = Days(TODAY - 30 * DAY, TODAY)
            reached = (await queries.funnel(game, steps, entered, within)).steps
            assert [step.event_type for step in reached] == steps
            assert [step.players for step in reached] == plain.funnel(steps, entered, within)


async def days_agree(queries: ActivityQueries, plain: Plain, game: str, shown: Days) -> None:
    days, later, today = list(each(shown)), 31, TODAY + 5 * DAY
    assert (await queries.activity(game, shown)).days == [plain.day(day) for day in days]
    cohorts = (await queries.retention(game, shown, later, today)).cohorts
    assert cohorts == [plain.cohort(day, later, today) for day in days]


def each(days: Days) -> Iterator[date]:
    return (days.first + number * DAY for number in range(days.total))


@hypothesis.settings(
    max_examples=15,
    phases=[hypothesis.Phase.generate],  # each example takes a second; the first failure tells
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@hypothesis.given(
    told_events=st.lists(events, max_size=40),
    again=st.lists(st.integers(0, 39), max_size=10),
    batch=st.integers(1, 9),
)
async def test_any_order_batches_and_repetitions_come_to_what_a_plain_computation_says(
    empty: Hall,
    told_events: list[PlayerEvent],
    again: list[int],
    batch: int,
) -> None:
    with psycopg.connect(empty.postgres) as connection:
        connection.execute(f"TRUNCATE {TABLES}")
    told, half = Told(), len(told_events) // 2
    told.tell(*told_events[:half])
    async with AsyncConnectionPool(empty.postgres, open=False) as pool:
        queries = ActivityQueries(pool)
        with ExitStack() as held:
            live(builder(empty, told, held)(NAME, batch))
        repeated = [told_events[i] for i in again if i < len(told_events)]
        told.tell(*told_events[half:], *(event for event in repeated if not event.minted))

        with ExitStack() as held:
            model = live(builder(empty, told, held)(NAME, batch))  # another worker
            await agrees(queries, told)
            assert outcome(model.rebuild(quietly)) == (True, 0)
        await agrees(queries, told)


# -- one thing at a time ---------------------------------------------------------------------------


async def test_a_month_is_the_thirty_days_that_end_with_the_day(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(on(0), on(0), on(1, player="bob"), on(29))
    live(read_model(NAME))

    found = (await queries.activity("chess", Days(TODAY, TODAY + 60 * DAY))).days

    daily = {n: day.daily_active for n, day in enumerate(found) if day.daily_active}
    assert daily == {0: 1, 1: 1, 29: 1}
    monthly = [day.monthly_active for day in found]
    assert monthly == [1] + 30 * [2] + 28 * [1] + 2 * [0]


async def test_the_games_that_are_played_are_known_with_the_last_day_of_each(
    read_model: Build, told: Told, queries: ActivityQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.tell(on(0, game_id="go"), on(3), on(1, player="bob"), on(2, game_id="Go"))
    live(read_model(NAME))

    games = (await queries.games()).games

    assert [(game.game_id, (game.last_day - TODAY).days) for game in games] == [
        ("Go", 2),
        ("chess", 3),
        ("go", 0),
    ]
    monkeypatch.setattr(activity_queries, "MOST_GAMES", 2)
    assert (await queries.games()).games == games[:2]


async def test_a_late_event_corrects_days_and_cohorts_that_are_over(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(on(0), on(2))
    live(read_model(NAME))
    shown = Days(TODAY - DAY, TODAY + 2 * DAY)
    before = (await queries.retention("chess", shown, 3, TODAY + 9 * DAY)).cohorts
    assert [(each.size, each.returned) for each in before[:2]] == [(0, [0, 0, 0]), (1, [0, 1, 0])]

    told.tell(on(-1, taken=NOON + 2 * DAY))
    live(read_model(NAME))

    after = (await queries.retention("chess", shown, 3, TODAY + 9 * DAY)).cohorts
    assert [(each.size, each.returned) for each in after[:2]] == [(1, [1, 0, 1]), (0, [0, 0, 0])]
    days = (await queries.activity("chess", shown)).days
    assert [day.new_players for day in days] == [1, 0, 0, 0]


async def test_of_a_cohort_nobody_can_have_returned_on_days_that_have_not_begun(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(on(0), on(1))
    live(read_model(NAME))

    (cohort,) = (await queries.retention("chess", Days(TODAY, TODAY), 7, TODAY + 2 * DAY)).cohorts

    assert cohort == Cohort(day=TODAY, size=1, returned=[1, 0])


async def test_the_mean_length_is_of_sessions_that_told_theirs(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(on(0), on(0), ended(60), ended(30.5), ended(None), ended(60, game_id="go"))
    live(read_model(NAME))

    (day,) = (await queries.activity("chess", Days(TODAY, TODAY))).days

    assert (day.sessions, day.mean_session_seconds) == (2, 45.25)


async def test_a_session_that_is_told_twice_counts_once(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    twice = on(0, id=IDS[0]), ended(60, id=IDS[1])
    told.tell(*twice)
    live(read_model(NAME))
    told.tell(*twice, ended(20))
    live(read_model(NAME))

    (day,) = (await queries.activity("chess", Days(TODAY, TODAY))).days

    assert (day.sessions, day.mean_session_seconds) == (1, 40)


async def test_who_did_a_later_step_before_an_earlier_one_is_not_in_the_funnel_from_there_on(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(*(on(n, step) for n, step in enumerate(STEPS)))
    told.tell(*(on(-n, step, "bob") for n, step in enumerate(STEPS)))
    told.tell(on(0, STEPS[0], "cyd"), on(0, STEPS[2], "cyd"))
    told.tell(on(0, STEPS[0], "dan"), on(8, STEPS[1], "dan"))
    live(read_model(NAME))

    funnel = await queries.funnel("chess", STEPS, Days(TODAY, TODAY), 7 * DAY)

    assert [step.players for step in funnel.steps] == [4, 1, 1]


async def test_records_of_gamehall_itself_are_nobody_s_activity(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    told.tell(on(0, "gamehall.player_voided"))
    model = live(read_model(NAME))

    (day,) = (await queries.activity("chess", Days(TODAY, TODAY))).days

    assert day.daily_active == day.new_players == 0
    assert model.status().lag == 0


async def test_a_session_of_an_impossible_length_is_set_aside_alone(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    live(read_model(NAME))
    told.tell(*(ended(-1 if number == 77 else 10, f"player-{number}") for number in range(100)))

    model = live(read_model(NAME))

    assert isinstance(model.letters, FakeLetters)
    assert [position for position, _ in model.letters.sent] == [str(told.events[77].position)]
    (day,) = (await queries.activity("chess", Days(TODAY, TODAY))).days
    assert (day.daily_active, day.mean_session_seconds) == (99, 10)


async def test_metrics_say_how_far_they_have_come(
    read_model: Build, told: Told, queries: ActivityQueries
) -> None:
    with pytest.raises(ReadModelMissing):
        await queries.activity("chess", Days(TODAY, TODAY))
    (event,) = told.tell(on(0))
    live(read_model(NAME))

    assert await queries.wait_for(event.position, 1)
    assert not await queries.wait_for(Position(TOPIC, event.partition, event.offset + 1), 0.01)
