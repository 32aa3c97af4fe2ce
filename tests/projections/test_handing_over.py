"""Who takes a guest's games over has played them, in whatever order shards are read."""

from collections import defaultdict
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from application.ports.commands import Unavailable
from application.ports.reading import Checkpoint, ShardId
from application.upkeep import Upkeep
from domain.events import Recorded
from infra.merged_people import GuestsInPostgres
from infra.postgres import caught_up
from projections.accounts.accounts import AccountQueries
from projections.games.game_records import GameQueries
from projections.games.standings import StandingsQueries
from tests.conftest import Hall
from tests.projections.conftest import Build
from tests.projections.living import is_true, live
from tests.projections.stories import (
    GUEST,
    MERGED,
    OTHER_GUEST,
    tell_of_accounts,
    tell_of_merges,
)
from tests.projections.story import Narrator

OF_GAMES = ("game-records", "standings", "game-metrics")


@pytest.fixture
async def pool(servers: Hall) -> AsyncIterator[AsyncConnectionPool[Any]]:
    async with AsyncConnectionPool[Any](servers.postgres, open=False) as pool:
        yield pool


@pytest.fixture
async def redis(servers: Hall) -> AsyncIterator[Redis]:
    async with Redis.from_url(servers.redis, decode_responses=True) as client:
        yield client


def follow_in_any_order(model: Upkeep, narrator: Narrator, random: Random) -> None:
    """Fold the log as whoever reads some events of one shard, and then some of another."""
    assert model.projector().resume()
    left: dict[ShardId, list[Recorded]] = defaultdict(list)
    for each in narrator.events:
        if each.position.topic == "game-log":
            left[each.position[:2]].append(each)
    while left:
        shard = random.choice(sorted(left))
        some, left[shard] = left[shard][: (n := random.randint(1, 9))], left[shard][n:]
        reached = some[-1].position.seq + 1
        with model.store.writing([Checkpoint(*shard, reached, 1, "narrator", reached)]) as writing:
            writing.apply(some)
        if not left[shard]:
            del left[shard]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", OF_GAMES)
def test_every_order_of_shards_leads_to_the_same_rows(
    name: str, read_model: Build, narrator: Narrator, seed: int
) -> None:
    model = live(read_model(name))
    tell_of_merges(narrator)
    follow_in_any_order(model, narrator, Random(seed))
    assert is_true(model)


async def test_the_account_has_the_games_of_its_guests_and_who_won_them(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_merges(narrator)
    live(read_model("game-records"))
    games = GameQueries(pool)
    assert {each.game_id for each in (await games.games(100, player=GUEST)).games} == {
        "merged-apart"
    }
    won = await games.game("merged-won")
    assert won is not None
    assert (won.player1, won.winner) == (MERGED, MERGED)
    assert [move.player for move in await games.moves("merged-won")] == [MERGED, "ada"] * 3 + [
        MERGED
    ]
    both = await games.game("merged-both")
    assert both is not None
    assert (both.player1, both.player2, both.winner) == (MERGED, "cyd", MERGED)
    later = await games.game("merged-later")
    assert later is not None
    assert (later.player1, later.winner) == (MERGED, MERGED)


async def test_a_game_whose_seats_are_both_the_account_s_is_listed_once(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_merges(narrator)
    live(read_model("game-records"))
    listed = [each.game_id for each in (await GameQueries(pool).games(100, player=MERGED)).games]
    assert listed.count("merged-same") == 1


async def test_what_is_left_to_hand_over_leaves_out_what_the_account_has_played_in(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_merges(narrator)
    live(read_model("game-records"))
    games = GameQueries(pool)
    assert await games.seats_of(GUEST, MERGED, 10) == []
    assert await games.seats_of(GUEST, "nobody", 10) == ["merged-apart"]
    assert len(await games.seats_of(MERGED, "nobody", 3)) == 3


async def test_wins_draws_and_losses_move_and_the_rest_stays(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any], redis: Redis
) -> None:
    tell_of_merges(narrator)
    live(read_model("game-records"))
    live(read_model("standings"))
    counted = {GUEST: (0, 1), MERGED: (5, 3)}  # merged-apart, which the guest gave up
    for user, (wins, losses) in counted.items():
        record, rank = (
            await GameQueries(pool).player(user),
            await StandingsQueries(redis).rank(user),
        )
        assert record is not None
        assert rank is not None
        assert (record.wins, record.losses) == (rank.wins, rank.losses) == (wins, losses)


async def test_who_has_no_game_left_stands_nowhere(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any], redis: Redis
) -> None:
    models = [live(read_model(name)) for name in ("standings", "game-records")]
    tell_of_merges(narrator)
    for model in models:
        live(model)
    top = await StandingsQueries(redis).top(100)
    assert OTHER_GUEST not in {each.user_id for each in top.entries}
    assert top.total == len(top.entries)
    assert await StandingsQueries(redis).rank(OTHER_GUEST) is None
    assert await GameQueries(pool).player(OTHER_GUEST) is None
    assert all(map(is_true, models))


async def test_an_account_knows_its_guests_also_once_it_is_closed(
    read_model: Build, narrator: Narrator, pool: AsyncConnectionPool[Any]
) -> None:
    tell_of_accounts(narrator)
    tell_of_merges(narrator)
    live(read_model("accounts"))
    accounts = AccountQueries(pool, lambda _: None)
    assert await accounts.guests_of(MERGED) == [OTHER_GUEST, GUEST]
    assert await accounts.guests_of("user-0") == []


async def test_who_is_erased_with_an_account_is_not_told_before_all_merges_are_read(
    read_model: Build,
    narrator: Narrator,
    pool: AsyncConnectionPool[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell_of_accounts(narrator)
    tell_of_merges(narrator)
    live(read_model("accounts"))
    guests = GuestsInPostgres("", pool, AccountQueries(pool, lambda _: None))
    monkeypatch.setattr(caught_up, "PATIENCE_S", 0)
    monkeypatch.setattr(caught_up, "_ends", lambda _, shards: shards)
    assert await guests.guests_of(MERGED) == [OTHER_GUEST, GUEST]
    monkeypatch.setattr(
        caught_up, "_ends", lambda _, shards: {shard: end + 1 for shard, end in shards.items()}
    )
    with pytest.raises(Unavailable, match="accounts has yet to read"):
        await guests.guests_of(MERGED)
