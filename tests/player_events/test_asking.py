"""The queries of the three consumers."""

import base64
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from domain.events import Position
from domain.player_events.event import TOPIC
from projections.player_events.event_archive import EventQueries
from projections.player_events.leaderboard_queries import LeaderboardQueries, RankedPlayer
from projections.player_events.player_statistics import PlayerStatisticsQueries
from projections.projection import InvalidCursor, ReadModelMissing
from tests.conftest import Hall
from tests.player_events.conftest import Build
from tests.player_events.told import NOON, Told, did, ranks, scored, scores
from tests.projections.living import live

DAY = timedelta(days=1)


@pytest.fixture
async def pool(empty: Hall) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(empty.postgres, open=False, kwargs={"autocommit": True}) as made:
        yield made


@pytest.fixture
async def redis(empty: Hall) -> AsyncIterator["Redis"]:
    async with Redis.from_url(empty.redis, decode_responses=True) as made:
        yield made


async def test_an_event_is_found_by_its_id_as_it_was_told(
    pool: AsyncConnectionPool[Any], read_model: Build, told: Told
) -> None:
    (event,) = told.tell(scored("ada", 7))
    live(read_model("event-archive"))
    events = EventQueries(pool)

    found = await events.event(event.event_id)

    assert found is not None
    assert (found.player_id, found.event_type, found.game_id) == ("ada", "player_score", "chess")
    assert (found.timestamp, found.ingested_at) == (NOON, NOON)
    assert bytes(found.data) == b'{"score": 7}'
    assert await events.event("00000000-0000-0000-0000-000000000000") is None
    assert await events.wait_for(event.position, 1)
    assert not await events.wait_for(event.position._replace(seq=9), 0.01)


async def test_the_events_of_a_player_come_page_by_page_the_newest_first_and_none_is_left_out(
    pool: AsyncConnectionPool[Any], read_model: Build, told: Told
) -> None:
    told.tell(*(scored("ada", n, at=NOON + n // 3 * DAY / 2) for n in range(20)), scored("bob"))
    live(read_model("event-archive"))
    events = EventQueries(pool)
    pages = [await events.of_player("ada", 3)]
    while pages[-1].before is not None:
        pages.append(await events.of_player("ada", 3, pages[-1].before))

    found = [event for page in pages for event in page.events]
    assert len(pages) == 7
    assert {event.event_id for event in found} == {
        event.event_id for event in told.events if event.player_id == "ada"
    }
    assert found == sorted(found, key=lambda event: (-event.timestamp.timestamp(), event.event_id))
    with pytest.raises(InvalidCursor, match="is no place in a list of events"):
        await events.of_player("ada", 3, "nonsense")
    for id in ("no text of PostgreSQL's: \0", "no id", 7):
        forged = base64.urlsafe_b64encode(msgspec.json.encode([NOON, id])).decode()
        with pytest.raises(InvalidCursor):
            await events.of_player("ada", 3, forged)


async def test_statistics_tell_what_a_player_did_by_type(
    redis: "Redis", read_model: Build, told: Told
) -> None:
    told.tell(scored("ada"), did("level_started", "ada", at=NOON + DAY), scored("ada"))
    live(read_model("player-statistics"))
    queries = PlayerStatisticsQueries(redis)

    found = await queries.stats("ada")

    assert found is not None
    assert (found.total_events, found.last_event) == (3, NOON + DAY)
    assert found.event_breakdown == {"player_score": 2, "level_started": 1}
    assert await queries.stats("nobody") is None
    assert await queries.wait_for(told.events[-1].position, 1)


@pytest.mark.parametrize("days", [0, 1], ids=["the latest day", "a closed day"])
async def test_a_board_and_the_places_around_a_player_are_the_same_from_either_store(
    days: int,
    redis: "Redis",
    pool: AsyncConnectionPool[Any],
    read_model: Build,
    told: Told,
) -> None:
    told.tell(*(scored(f"player-{n:02}", 10 * (n % 7) + 1) for n in range(40)))
    expected = ranks(scores(told.events)["chess", "daily", NOON.date()])
    if days:
        told.tell(scored("late", at=NOON + days * DAY))
    live(read_model("leaderboards"))
    boards = LeaderboardQueries(redis, pool)

    async def around(player: str, limit: int) -> list[tuple[int, str, int]]:
        found = await boards.around("chess", "daily", NOON.date(), player, limit)
        assert found.total == 40
        return [_flat(entry) for entry in found.entries]

    for limit in (1, 2, 6, 7, 40, 100):
        top = await boards.board("chess", "daily", NOON.date(), limit)
        assert top.total == 40
        assert [_flat(entry) for entry in top.entries] == expected[:limit]
        for index, (_, player, _) in enumerate(expected):
            start = max(0, min(index - limit // 2, 40 - limit))
            assert await around(player, limit) == expected[start : start + limit]
    assert await around("nobody", 5) == []


def _flat(entry: RankedPlayer) -> tuple[int, str, int]:
    return entry.rank, entry.player_id, entry.score


async def test_a_board_on_which_nobody_scored_is_empty(
    redis: "Redis", pool: AsyncConnectionPool[Any], read_model: Build, told: Told
) -> None:
    told.tell(scored("ada"), scored("ada", at=NOON - 9 * DAY))
    live(read_model("leaderboards"))
    boards = LeaderboardQueries(redis, pool)

    for game, on in (
        ("go", NOON.date()),
        ("chess", date(2026, 11, 19)),
        ("chess", date(2026, 11, 17)),
    ):
        found = await boards.board(game, "daily", on, 10)
        assert (found.entries, found.total) == ([], 0)
    assert (await boards.board("chess", "daily", NOON.date() - 9 * DAY, 10)).total == 1


async def test_games_with_a_board_are_listed_page_by_page_those_of_the_last_day_first(
    redis: "Redis", pool: AsyncConnectionPool[Any], read_model: Build, told: Told
) -> None:
    days = {f"game-{n}": n % 2 for n in range(20)}
    told.tell(*(scored(game_id=game, at=NOON - ago * DAY) for game, ago in days.items()))
    told.tell(did("level_started", game_id="unscored"))
    live(read_model("leaderboards"))
    told.tell(scored("bob", game_id="game-0", at=NOON - 3 * DAY))  # which comes late
    live(read_model("leaderboards"))
    boards = LeaderboardQueries(redis, pool)
    pages = [await boards.boards(3)]
    while (before := pages[-1].before) is not None:
        # Whoever plays meanwhile what stands at the end of a page moves it to the front.
        told.tell(scored("late", game_id=pages[-1].leaderboards[-1].game_id, at=NOON + DAY))
        live(read_model("leaderboards"))
        pages.append(await boards.boards(3, before))

    listed = [each for page in pages for each in page.leaderboards]
    assert [each.game_id for each in listed] == sorted(days, key=lambda game: (days[game], game))
    assert [each.last_day for each in listed] == [NOON.date()] * 10 + [NOON.date() - DAY] * 10
    assert [each.players for each in listed] == [2] + [1] * 19
    last = (await boards.boards(100)).leaderboards[:6]
    assert {each.game_id for each in last} == {page.leaderboards[-1].game_id for page in pages[:-1]}
    for cursor in ("nonsense", "/chess", "2026-11-31/chess"):
        with pytest.raises(InvalidCursor, match="is no place in a list of leaderboards"):
            await boards.boards(3, cursor)


async def test_what_is_not_built_yet_is_not_said_to_be_empty(
    redis: "Redis", pool: AsyncConnectionPool[Any]
) -> None:
    with pytest.raises(ReadModelMissing):
        await EventQueries(pool).of_player("ada", 3)
    with pytest.raises(ReadModelMissing):
        await PlayerStatisticsQueries(redis).stats("ada")
    with pytest.raises(ReadModelMissing):
        await LeaderboardQueries(redis, pool).board("chess", "daily", NOON.date(), 3)
    with pytest.raises(ReadModelMissing):
        await LeaderboardQueries(redis, pool).boards(3)
    with pytest.raises(ReadModelMissing):
        await EventQueries(pool).wait_for(Position(TOPIC, 0, 0), 1)
