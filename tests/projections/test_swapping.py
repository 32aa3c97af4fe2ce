import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from application.upkeep import Upkeep
from infra.subjects.keyring import Keyring
from projections.games.game_records import GameQueries
from projections.games.standings import StandingsQueries
from projections.waitroom.places import QueueQueries
from tests.conftest import Hall
from tests.projections.conftest import Build
from tests.projections.living import live, quietly
from tests.projections.stories import tell_of_game, tell_of_rooms
from tests.projections.story import Narrator

REBUILDS = 5


async def test_queries_of_the_queue_never_fail_and_never_see_half_of_it(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_rooms(narrator, rooms=30)
    model = live(read_model("waitroom"))
    async with Redis.from_url(empty.redis, decode_responses=True) as redis:
        queue = QueueQueries(redis, Keyring().open)
        before = await queue.overview("concert-7"), await queue.session("concert-7-10")
        assert None not in before

        async def look() -> None:
            assert before == (
                await queue.overview("concert-7"),
                await queue.session("concert-7-10"),
            )

        await _while_rebuilding(model, look)


async def test_queries_of_games_never_fail_and_never_see_half_of_them(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    for number in range(200):
        tell_of_game(narrator, f"game-{number}", "ada", "bob", end=number % 2)
    model = live(read_model("game-records"))
    async with AsyncConnectionPool(empty.postgres, open=False, kwargs={"autocommit": True}) as pool:
        games = GameQueries(pool)

        async def look() -> None:
            ada, game = await games.player("ada"), await games.game("game-198")
            assert ada is not None
            assert (ada.games_played, ada.wins, ada.losses) == (200, 100, 100)
            assert game is not None
            assert (game.moves, game.winner) == (7, "ada")
            assert len(await games.moves("game-199")) == 4

        await _while_rebuilding(model, look)


async def test_queries_of_the_leaderboard_never_fail_and_never_see_half_of_it(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    for number in range(200):
        tell_of_game(narrator, f"game-{number}", f"p{number % 20}", "bob", end=0)
    model = live(read_model("standings"))
    async with Redis.from_url(empty.redis, decode_responses=True) as redis:
        standings = StandingsQueries(redis)

        async def look() -> None:
            top = await standings.top(30)
            assert top.total == len(top.entries) == 21
            assert {entry.wins for entry in top.entries} == {10, 0}

        await _while_rebuilding(model, look)


async def test_events_that_happen_during_a_rebuild_are_in_the_new_generation(
    empty: Hall, read_model: Build, narrator: Narrator
) -> None:
    """A worker goes on beside the rebuilds, each of which swaps its position away."""
    worker = live(read_model("game-records")).projector()
    stop = False
    following = asyncio.create_task(asyncio.to_thread(worker.run, lambda: stop))
    for number in range(20):
        tell_of_game(narrator, f"game-{number}", "ada", "bob")
        if number % 5 == 0:
            await asyncio.to_thread(read_model("game-records").rebuild, quietly)
    async with AsyncConnectionPool(empty.postgres, open=False, kwargs={"autocommit": True}) as pool:
        assert await GameQueries(pool).wait_for(narrator.events[-1].position, 10)
        ada = await GameQueries(pool).player("ada")
    stop = True
    await following

    assert ada is not None
    assert ada.games_played == 20
    assert read_model("game-records").verify(quietly).different == 0


async def _while_rebuilding(model: Upkeep, look: Callable[[], Awaitable[Any]]) -> None:
    """Look again and again while the read model is rebuilt a few times."""

    done = False

    async def keep_looking() -> None:
        while not done:
            await look()

    lookers = [asyncio.create_task(keep_looking()) for _ in range(4)]
    for _ in range(REBUILDS):
        built = await asyncio.to_thread(model.rebuild, quietly)
        assert built.different == 0
    done = True
    await asyncio.gather(*lookers)
