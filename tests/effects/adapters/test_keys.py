"""Keys of Redis: values of the newest event, counters that count each event once."""

import random
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from domain.effects.actions import LONGEST_KEPT_S, RedisKey
from infra.effects import redis as module
from infra.effects.redis import PREFIX, RedisKeys
from tests.chaos.network import Network
from tests.conftest import Hall
from tests.effects.adapters.wires import wire_to
from tests.effects.given import an_effect

SOON_S = 0.5

Wire = tuple[Network, str]


@pytest.fixture
async def redis(servers: Hall) -> AsyncIterator["Redis"]:
    client = Redis.from_url(servers.redis, decode_responses=True)
    yield client
    await client.aclose()


@pytest.fixture
async def keys(servers: Hall) -> AsyncIterator[RedisKeys]:
    adapter = RedisKeys(Redis.from_url(servers.redis))
    yield adapter
    await adapter.close()


@pytest.fixture
def wire(servers: Hall) -> Iterator[Wire]:
    port = servers.settings.redis_port
    assert port is not None
    with wire_to(servers.redis, port) as wired:
        yield wired


@pytest.fixture
def key() -> str:
    return f"test:{uuid4().hex}"


async def test_a_key_has_the_value_of_the_newest_event_whenever_the_others_come(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    order = list(range(40))
    random.Random(16).shuffle(order)
    for seq in [*order, *order[:20]]:
        action = RedisKey(key=key, value=f"value {seq}")
        assert (await keys.perform(an_effect(action, seq))).outcome == "accepted"
    assert await redis.get(PREFIX + key) == "value 39"


async def test_among_shards_the_last_to_come_sets_the_value(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    for partition, seq in ((1, 50), (2, 3), (1, 49)):
        action = RedisKey(key=key, value=f"{partition}/{seq}")
        await keys.perform(an_effect(action, seq, partition=partition))
    assert await redis.get(PREFIX + key) == "2/3"


async def test_a_counter_counts_each_event_once_in_whatever_order_and_however_often(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    chance = random.Random(16)
    events = [(partition, seq) for partition in range(3) for seq in range(0, 300, 7)]
    came = [*events, *chance.choices(events, k=200)]
    chance.shuffle(came)
    for partition, seq in came:
        delivery = await keys.perform(an_effect(RedisKey(key=key), seq, partition=partition))
        assert delivery.outcome == "accepted"
    assert await redis.get(PREFIX + key) == str(len(events))


async def test_an_event_that_comes_very_late_is_not_counted_twice_and_said_to_be_unknown(
    redis: "Redis", keys: RedisKeys, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED_POSITIONS", 10)
    for seq in range(10, 30):
        await keys.perform(an_effect(RedisKey(key=key), seq))
    for seq in (5, 10, 19):
        late = await keys.perform(an_effect(RedisKey(key=key), seq))
        assert (late.outcome, late.again) == ("unknown", False)
    for seq in (20, 29):
        assert (await keys.perform(an_effect(RedisKey(key=key), seq))).outcome == "accepted"
    assert await redis.get(PREFIX + key) == "20"
    assert await redis.zcard(f"effects-counted:waitroom-log/3:{key}") == 10


async def test_what_is_to_be_kept_for_a_time_is_and_the_rest_for_good(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    await keys.perform(an_effect(RedisKey(key=key, value="v", keep_seconds=60), 1))
    assert 0 < await redis.ttl(PREFIX + key) <= 60
    assert await redis.ttl(f"effects-set-by:{key}") > 60
    await keys.perform(an_effect(RedisKey(key=key, value="v"), 2))
    assert await redis.ttl(PREFIX + key) == await redis.ttl(f"effects-set-by:{key}") == -1
    await keys.perform(an_effect(RedisKey(key=f"{key}:count", keep_seconds=60), 1))
    assert 0 < await redis.ttl(f"{PREFIX}{key}:count") <= 60


async def test_the_longest_time_is_one_that_redis_knows(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    for value in (None, "v"):
        action = RedisKey(key=f"{key}:{value}", value=value, keep_seconds=LONGEST_KEPT_S)
        assert (await keys.perform(an_effect(action))).outcome == "accepted"
        assert await redis.ttl(f"{PREFIX}{key}:{value}") > LONGEST_KEPT_S - 60


async def test_an_older_event_does_not_set_what_has_expired(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    await keys.perform(an_effect(RedisKey(key=key, value="new", keep_seconds=60), 2))
    await redis.delete(PREFIX + key)
    await keys.perform(an_effect(RedisKey(key=key, value="old", keep_seconds=60), 1))
    assert await redis.get(PREFIX + key) is None


async def test_a_key_of_another_kind_is_left_as_it_is(
    redis: "Redis", keys: RedisKeys, key: str
) -> None:
    await redis.hset(PREFIX + key, "a", "b")
    delivery = await keys.perform(an_effect(RedisKey(key=key)))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert key not in delivery.reason
    assert await redis.hgetall(PREFIX + key) == {"a": "b"}


async def test_a_server_that_is_away_has_not_got_it(wire: Wire, key: str) -> None:
    network, address = wire
    keys = RedisKeys(Redis.from_url(address), SOON_S)
    network.reset()
    delivery = await keys.perform(an_effect(RedisKey(key=key)))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    network.heal()
    assert (await keys.perform(an_effect(RedisKey(key=key)))).outcome == "accepted"
    await keys.close()


async def test_a_server_that_falls_silent_makes_it_unknown_and_a_repetition_counts_once(
    redis: "Redis", wire: Wire, key: str
) -> None:
    network, address = wire
    keys = RedisKeys(Redis.from_url(address), SOON_S)
    await keys.perform(an_effect(RedisKey(key=key), 1))
    network.fall_silent()
    delivery = await keys.perform(an_effect(RedisKey(key=key), 2))
    assert (delivery.outcome, delivery.again) == ("unknown", True)
    assert "127.0.0.1" not in delivery.reason
    network.heal()
    for seq in (2, 3):
        assert (await keys.perform(an_effect(RedisKey(key=key), seq))).outcome == "accepted"
    assert await redis.get(PREFIX + key) == "3"
    await keys.close()
