"""Who may report how often, across all API processes."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

import infra.limits
from application.ports.limits import Limited
from infra.limits import RateLimits
from tests.conftest import Hall, free_port


@pytest.fixture
async def redis(servers: Hall, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator["Redis"]:
    # On a busy machine, an answer that is late would let everybody in.
    monkeypatch.setattr(infra.limits, "ANSWER_TIMEOUT_S", 10)
    async with Redis.from_url(servers.redis, decode_responses=True) as client:
        yield client


def limits(
    redis: "Redis", *, overall: int = 1_000, per_key: int = 10, name: str = ""
) -> RateLimits:
    return RateLimits(redis, name or f"test {uuid4().hex}", overall=overall, per_key=per_key)


async def outcomes(limit: RateLimits, *asked: tuple[str, int]) -> list[int]:
    """Ask all at once: the limit that refused each, or 0 for those who are admitted."""
    answers = await asyncio.gather(
        *(limit.admit(key, cost) for key, cost in asked), return_exceptions=True
    )
    return [each.limit if isinstance(each, Limited) else 0 for each in answers]


async def test_as_many_as_fit_into_a_second_are_admitted_at_once(redis: "Redis") -> None:
    answers = await outcomes(limits(redis), *[("ada", 1)] * 12)
    assert answers == [0] * 10 + [10] * 2


async def test_who_is_refused_is_told_when_it_is_worth_coming_back(redis: "Redis") -> None:
    limit = limits(redis)
    await limit.admit("ada", 10)
    with pytest.raises(Limited) as limited:
        await limit.admit("ada", 4)
    assert (limited.value.limit, limited.value.remaining) == (10, 0)
    assert 0 < limited.value.retry_after <= 0.4
    assert 0 < limited.value.reset_after <= 1
    await asyncio.sleep(limited.value.retry_after)
    assert await outcomes(limit, ("ada", 4), ("ada", 5)) == [0, 10]


async def test_one_who_asks_too_often_takes_nothing_from_others(redis: "Redis") -> None:
    limit = limits(redis, overall=30)
    await limit.admit("eve", 10)
    for _ in range(50):
        assert await outcomes(limit, ("eve", 10), ("eve", 10)) == [10, 10]
    assert await outcomes(limit, ("eve", 10), ("ada", 10), ("ben", 10)) == [10, 0, 0]


async def test_all_together_have_a_limit_too(redis: "Redis") -> None:
    asked = [(f"player-{number}", 1) for number in range(30)]
    answers = await outcomes(limits(redis, overall=20), *asked)
    assert (answers.count(0), answers.count(20)) == (20, 10)


async def test_processes_share_their_limits(redis: "Redis") -> None:
    name = f"test {uuid4().hex}"
    here, there = limits(redis, name=name), limits(redis, name=name)
    await here.admit("ada", 6)
    await there.admit("ada", 4)
    assert await outcomes(here, ("ada", 3)) == [10]


async def test_who_asks_often_needs_few_round_trips_and_gets_no_more(redis: "Redis") -> None:
    limit = limits(redis, overall=100_000, per_key=2_000)
    before = await evaluations(redis)
    admitted, start = 0, time.monotonic()
    while (elapsed := time.monotonic() - start) < 1:
        admitted += (await outcomes(limit, ("ada", 1))).count(0)
        await asyncio.sleep(0.001)
    trips = await evaluations(redis) - before
    assert admitted > 100, "the machine was too slow for anything to be seen"
    assert trips < admitted / 2
    assert admitted <= 2_000 * (1 + elapsed)

    granted = 0
    while sum(await outcomes(limit, *[("ada", 1)] * 100)) == 0:
        granted += 100
    assert admitted + granted <= 2_000 * (1 + time.monotonic() - start)


async def evaluations(redis: "Redis") -> int:
    """How many scripts Redis has been asked to run."""
    stats = await redis.info("commandstats")
    return sum(
        int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "eval")
    )


async def test_more_than_a_second_s_worth_at_once_is_never_admitted(redis: "Redis") -> None:
    assert await outcomes(limits(redis), ("ada", 11)) == [10]


async def test_without_redis_nobody_is_kept_out() -> None:
    async with Redis.from_url(f"redis://127.0.0.1:{free_port()}") as nowhere:
        limit = limits(nowhere)
        assert await outcomes(limit, *[("ada", 20)] * 5) == [0] * 5


async def test_a_limit_of_zero_is_none(redis: "Redis") -> None:
    assert await outcomes(limits(redis, overall=0), ("ada", 10**6)) == [0]
