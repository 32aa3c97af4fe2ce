from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from domain.events import Position
from domain.games.board import Board
from domain.games.commands import Resign, SeekGame
from domain.games.events import GameEnded
from domain.waitroom.commands import JoinWaitroom, OpenWaitroom
from infra.subjects.keyring import Keyring
from projections.games.game_records import GameQueries, UserRecord
from projections.games.standings import StandingsQueries
from projections.projection import ReadModelMissing
from projections.waitroom.places import QueueQueries
from projections.waitroom.queue import Queue, QueueOverview, score
from tests.conftest import Hall
from tests.given import T0, at
from tests.projections.conftest import Build
from tests.projections.living import live, quietly
from tests.projections.stories import tell_of_a_bot, tell_of_game, tell_of_rooms, tell_of_who_left
from tests.projections.story import Narrator


@pytest.fixture
async def redis(servers: Hall) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis, decode_responses=True) as client:
        yield client


@pytest.fixture
async def pool(servers: Hall) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool(
        servers.postgres, open=False, kwargs={"autocommit": True}
    ) as pool:
        yield pool


# -- the queue -------------------------------------------------------------------------------------


async def test_a_session_shows_its_place_and_how_many_are_ahead(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    narrator.tell(OpenWaitroom(event_id="r", capacity=1, checkout_seconds=60))
    for guest, priority in enumerate([0, 0, 0, 5, 5]):
        session_id, user_id = f"s{guest}", f"u{guest}"
        narrator.tell(
            JoinWaitroom(event_id="r", user_id=user_id, session_id=session_id, priority=priority)
        )
    live(read_model("waitroom"))
    queue = QueueQueries(redis, Keyring().open)

    places = [await queue.session(f"s{guest}") for guest in range(5)]

    assert [place and (place.status, place.position, place.people_ahead) for place in places] == [
        ("ready", 0, 0),
        ("waiting", 3, 2),
        ("waiting", 4, 3),
        ("waiting", 1, 0),
        ("waiting", 2, 1),
    ]
    assert places[0] is not None
    assert places[0].deadline == T0 + timedelta(seconds=60)
    assert places[0].joined_at == T0
    assert await queue.session("nobody") is None


async def test_a_name_lies_sealed_in_the_read_model_and_is_opened_for_who_asks(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    keys = Keyring()
    keys.receive(*keys.make("ada"), 0)
    name = keys.seal("ada", "Ada Lovelace")
    narrator.tell(
        OpenWaitroom(event_id="r", capacity=1, checkout_seconds=60),
        JoinWaitroom(event_id="r", session_id="s", user_id="ada", display_name=name),
    )
    live(read_model("waitroom"))
    queue = QueueQueries(redis, keys.open)
    assert await name_of("s", queue) == "Ada Lovelace"
    assert "Lovelace" not in str(await everything_in(redis))

    for record in keys.records_of("ada"):
        keys.receive(record, None, 0)
    assert await name_of("s", queue) is None

    model = read_model("waitroom")
    assert model.rebuild(quietly).different == 0
    assert await name_of("s", queue) is None


async def name_of(session_id: str, queue: QueueQueries) -> str | None:
    place = await queue.session(session_id)
    assert place is not None
    return place.display_name


async def everything_in(redis: Redis) -> list[object]:
    keys = [key async for key in redis.scan_iter() if await redis.type(key) == "hash"]
    return [await redis.hgetall(key) for key in keys]


async def test_a_session_that_is_over_says_how(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    tell_of_rooms(narrator, rooms=1)
    live(read_model("waitroom"))
    queue = QueueQueries(redis, Keyring().open)

    places = [await queue.session(f"concert-0-{guest}") for guest in (0, 1, 2, 3, 19)]

    assert [(p.status, p.position, p.deadline) for p in places if p] == [
        ("completed", 0, None),
        ("failed", 0, None),
        ("expired", 0, None),
        ("left", 0, None),
        ("left", 0, None),
    ]


async def test_a_room_shows_how_many_are_where(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    tell_of_rooms(narrator, rooms=1)
    live(read_model("waitroom"))
    queue = QueueQueries(redis, Keyring().open)

    assert await queue.overview("concert-0") == QueueOverview(
        event_id="concert-0",
        capacity=4,
        checkout_seconds=60,
        joined=20,
        waiting=11,
        ready=4,
        completed=1,
        failed=1,
        expired=1,
        left=2,
    )
    assert await queue.overview("nowhere") is None


async def test_no_room_can_be_mistaken_for_a_key_of_another(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    for room in ("r", "r:queue", "r:room", "r:queue:room"):
        narrator.tell(OpenWaitroom(event_id=room, capacity=1, checkout_seconds=60))
        for guest in range(3):
            session_id = f"{room}/{guest}"
            narrator.tell(JoinWaitroom(event_id=room, user_id=f"u{guest}", session_id=session_id))
    live(read_model("waitroom"))

    for room in ("r", "r:queue", "r:room", "r:queue:room"):
        overview = await QueueQueries(redis, Keyring().open).overview(room)
        assert overview is not None
        assert (overview.waiting, overview.ready, overview.joined) == (2, 1, 3)


def test_places_are_ordered_by_priority_and_then_by_ticket() -> None:
    line = [score(100, 1), score(100, 2), score(99, 1), score(0, 1), score(0, (1 << 45) - 1)]
    assert line == sorted(line)
    assert [int(float(each)) for each in line] == line, "exact as doubles"


async def test_a_query_says_when_there_is_no_read_model(empty: Hall, redis: Redis) -> None:
    position = Position("waitroom-log", 0, 0)
    for query in (
        QueueQueries(redis, Keyring().open).session("s"),
        QueueQueries(redis, Keyring().open).overview("r"),
        StandingsQueries(redis).top(10),
        StandingsQueries(redis).rank("ada"),
        QueueQueries(redis, Keyring().open).wait_for(position, 0),
    ):
        with pytest.raises(ReadModelMissing):
            await query


async def test_waiting_for_a_position_ends_when_the_read_model_has_passed_it(
    read_model: Build, narrator: Narrator, redis: Redis, pool: AsyncConnectionPool[Any]
) -> None:
    for name in ("waitroom", "game-records", "standings"):
        live(read_model(name))
    tell_of_rooms(narrator, rooms=1)
    room = narrator.events[-1].position
    tell_of_game(narrator, "g", "ada", "bob")
    game = narrator.events[-1].position

    waits = [
        (QueueQueries(redis, Keyring().open).wait_for, room, "waitroom"),
        (GameQueries(pool).wait_for, game, "game-records"),
        (StandingsQueries(redis).wait_for, game, "standings"),
    ]
    for wait_for, position, name in waits:
        assert not await wait_for(position, 0.05)
        live(read_model(name))
        assert await wait_for(position, 0.05)
        assert not await wait_for(position._replace(seq=position.seq + 1), 0.01)


# -- games -----------------------------------------------------------------------------------------


async def test_a_game_is_shown_with_its_board_and_its_line(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_game(narrator, "won", "ada", "bob")
    tell_of_game(narrator, "running", "bob", "ada", end=2)
    live(read_model("game-records"))
    games = GameQueries(pool)

    won, running = await games.game("won"), await games.game("running")

    assert won is not None
    assert (won.status, won.result, won.winner, won.to_move) == ("finished", "win", "ada", None)
    assert won.line == [(3, 5), (3, 4), (3, 3), (3, 2)]
    assert (won.moves, won.duration, won.ended_at) == (7, 7.0, at(7))
    assert won.board == Board.after([3, 4, 3, 4, 3, 4, 3]).rows()
    assert running is not None
    assert (running.status, running.to_move, running.moves) == ("playing", "bob", 4)
    assert (running.result, running.line) == (None, None)
    assert await games.game("never") is None


async def test_games_are_listed_those_that_began_last_first(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_game(narrator, "1", "ada", "bob")
    tell_of_game(narrator, "2", "bob", "cyd", seconds=100, end=2)
    tell_of_game(narrator, "3", "cyd", "ada", seconds=200, end=2)
    tell_of_game(narrator, "4", "dan", "eve", seconds=200, end=1)
    live(read_model("game-records"))
    games = GameQueries(pool)

    async def listed(**asked: Any) -> tuple[list[str], str | None]:
        page = await games.games(asked.pop("limit", 10), **asked)
        return [game.game_id for game in page.games], page.before

    assert await listed() == (["4", "3", "2", "1"], None)
    assert await listed(limit=2) == (["4", "3"], "3")
    assert await listed(limit=2, before="3") == (["2", "1"], None)
    assert await listed(status="playing") == (["3", "2"], None)
    assert await listed(player="ada") == (["3", "1"], None)
    assert await listed(player="ada", limit=1) == (["3"], "3")
    assert await listed(player="ada", limit=1, before="3") == (["1"], None)
    assert await listed(player="ada", status="finished") == (["1"], None)
    assert await listed(player="nobody") == await listed(before="unknown") == ([], None)


async def test_a_running_game_is_shown_with_whose_turn_it_is(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_a_bot(narrator)
    live(read_model("game-records"))

    game = await GameQueries(pool).game("bot-game")

    assert game is not None
    assert (game.player2, game.bot_level, game.winner) == ("bot-easy", "easy", "bot-easy")


async def test_the_moves_of_a_game_and_the_board_at_any_of_them(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_game(narrator, "won", "ada", "bob")
    live(read_model("game-records"))
    games = GameQueries(pool)

    moves = await games.moves("won")

    assert [(m.move, m.player, m.column, m.row) for m in moves][:3] == [
        (1, "ada", 3, 5),
        (2, "bob", 4, 5),
        (3, "ada", 3, 4),
    ]
    for move in range(8):
        board = await games.board("won", move)
        assert board is not None
        assert board.board == Board.after([3, 4, 3, 4, 3, 4, 3][:move]).rows()
        assert (board.line is not None) == (move == 7)
    assert await games.board("won", 8) is None
    assert await games.moves("never") == []


async def test_a_user_shows_how_their_games_went_and_a_bot_is_no_user(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    live(read_model("game-records"))
    tell_of_game(narrator, "1", "ada", "bob")
    live(read_model("game-records"))
    tell_of_game(narrator, "2", "ada", "bob", end=1)
    tell_of_a_bot(narrator)
    live(read_model("game-records"))
    games = GameQueries(pool)

    assert await games.player("ada") == UserRecord(
        user_id="ada", username="ada", games_played=3, wins=1, losses=2, draws=0, score=3
    )
    assert await games.player("bot-easy") is None


async def test_a_game_that_was_left_before_both_had_moved_counts_for_nobody(
    read_model: Build,
    narrator: Narrator,
    redis: Redis,
    pool: AsyncConnectionPool[Any],
) -> None:
    tell_of_who_left(narrator, "1")
    for name in ("game-records", "standings"):
        live(read_model(name))
    tell_of_who_left(narrator, "2")
    for name in ("game-records", "standings"):
        live(read_model(name))

    game = await GameQueries(pool).game("2")
    assert game is not None
    assert (game.status, game.result, game.winner) == ("finished", "resignation", None)
    assert await GameQueries(pool).player("fay") is None
    assert (await StandingsQueries(redis).top(10)).total == 0
    async with pool.connection() as connection:
        found = await connection.execute("SELECT count(*) FROM game_stats")
        assert await found.fetchone() == (0,)


async def test_nothing_is_said_to_be_missing_while_the_records_are_built(
    empty: Hall, pool: AsyncConnectionPool[Any]
) -> None:
    with pytest.raises(ReadModelMissing):
        await GameQueries(pool).game("any")


# -- the leaderboard -------------------------------------------------------------------------------


async def test_who_won_most_is_first_and_of_equals_who_did_so_first(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    live(read_model("standings"))
    tell_of_game(narrator, "1", "zoe", "bob", seconds=100)
    tell_of_game(narrator, "2", "ada", "bob", seconds=200)
    tell_of_game(narrator, "3", "eve", "bob", seconds=200)
    tell_of_game(narrator, "4", "max", "zoe", seconds=0)
    live(read_model("standings"))
    tell_of_game(narrator, "5", "max", "zoe", seconds=1000)
    live(read_model("standings"))
    standings = StandingsQueries(redis)

    top = await standings.top(10)

    assert [(e.rank, e.user_id, e.score, e.wins, e.losses) for e in top.entries] == [
        (1, "max", 6, 2, 0),
        (2, "zoe", 3, 1, 2),
        (3, "ada", 3, 1, 0),
        (4, "eve", 3, 1, 0),
        (5, "bob", 0, 0, 3),
    ]
    assert top.total == 5
    assert top.entries[0].reached_at == at(1007)
    assert [e.user_id for e in (await standings.top(2, offset=1)).entries] == ["zoe", "ada"]
    assert (await standings.top(2, offset=10)).entries == []
    rank = await standings.rank("eve")
    assert rank is not None
    assert rank.rank == 4
    assert await standings.rank("nobody") is None


async def test_a_draw_counts_for_both(
    read_model: Build, narrator: Narrator, redis: Redis, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_game(narrator, "drawn", "ada", "bob", end=2)
    drawn = narrator.events[-1]
    narrator.record(
        [
            GameEnded(
                originator_id="drawn",
                originator_version=drawn.event.originator_version + 1,
                timestamp=at(9),
                result="draw",
                winner=None,
                duration=9,
                moves=42,
            )
        ]
    )
    live(read_model("standings"))
    live(read_model("game-records"))

    for user in ("ada", "bob"):
        rank = await StandingsQueries(redis).rank(user)
        assert rank is not None
        assert (rank.draws, rank.wins, rank.losses, rank.score) == (1, 0, 0, 0)
        record = await GameQueries(pool).player(user)
        assert record is not None
        assert (record.draws, record.games_played) == (1, 1)


async def test_events_that_a_read_model_does_not_handle_only_move_its_position(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    live(read_model("standings"))
    tell_of_game(narrator, "g", "ada", "bob")
    live(read_model("standings"))
    narrator.tell(SeekGame(user_id="eve", game_id="h", bot_after=10))
    (sought,) = narrator.events[-1:]
    live(read_model("standings"))

    assert await StandingsQueries(redis).wait_for(sought.position, 0)
    assert (await StandingsQueries(redis).top(10)).total == 2


async def test_a_game_that_ends_in_a_later_batch_still_counts_for_its_players(
    read_model: Build, narrator: Narrator, redis: Redis
) -> None:
    tell_of_game(narrator, "g", "ada", "bob", end=2)
    live(read_model("standings"))
    narrator.tell(Resign(game_id="g", player="bob"))
    live(read_model("standings"))

    rank = await StandingsQueries(redis).rank("ada")
    assert rank is not None
    assert (rank.rank, rank.wins) == (1, 1)


def test_the_queue_passes_over_events_of_others(narrator: Narrator) -> None:
    tell_of_game(narrator, "g", "ada", "bob")
    changes = Queue().fold(narrator.events)
    assert not changes.rooms
    assert not changes.sessions
