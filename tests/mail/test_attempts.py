"""Attempts to prove an address, in Redis and in memory alike: each is ended by what it is for."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from application.accounts.ports import Attempts, MailAttempt
from domain.personal import Sealed
from infra.mail.attempts import AttemptsInRedis
from tests.conftest import Hall
from tests.http.fakes.mail import FakeAttempts

ADA = MailAttempt(address="0" * 32, email=Sealed(subject="/hall", sealed="0f9c"))
EVE = MailAttempt(address="1" * 32, email=Sealed(subject="/hall", sealed="0f9d"))


@pytest.fixture
async def redis(servers: Hall) -> AsyncIterator["Redis"]:
    client = Redis.from_url(servers.redis, decode_responses=True)
    yield client
    await client.aclose()


async def ends_as_it_should(attempts: Attempts) -> None:
    """Take every way that an attempt can end."""
    at, other, link, later = (uuid4().hex for _ in range(4))
    await attempts.begin(at, ADA, "code", link, 60)
    assert await attempts.by_code(other, "code", 5) is None
    assert await attempts.by_code(at, "wrong", 5) is None
    assert await attempts.by_code(at, "code", 5) == ADA
    assert await attempts.by_code(at, "code", 5) is None
    assert await attempts.by_link(link) is None, "which the code has ended"

    await attempts.begin(at, ADA, "code", link, 60)
    assert await attempts.by_link("none") is None
    found = await asyncio.gather(*(attempts.by_link(link) for _ in range(5)))
    assert [each for each in found if each] == [ADA], "once, whoever comes at the same time"
    assert await attempts.by_code(at, "code", 5) is None, "which the link has ended"

    await attempts.begin(at, ADA, "code", link, 60)
    await attempts.begin(at, EVE, "another", later, 60)
    assert await attempts.by_link(link) is None, "which another mail has ended"
    assert await attempts.by_code(at, "code", 5) is None
    assert await attempts.by_link(later) == EVE, "which the former link has not"

    await attempts.begin(at, ADA, "code", None, 60)
    tried = [await attempts.by_code(at, each, 3) for each in ("a", "b", "c", "code")]
    assert tried == [None] * 4, "which three tries have ended"
    await attempts.begin(at, ADA, "code", None, 60)
    assert [await attempts.by_code(at, each, 3) for each in ("a", "b", "code")][2] == ADA

    await attempts.begin(at, ADA, "code", None, 60)
    await attempts.by_code(at, "wrong", 2)
    await attempts.begin(at, ADA, "another", None, 60)
    await attempts.by_code(at, "wrong", 2)
    assert await attempts.by_code(at, "another", 2) == ADA, "another mail has its own tries"

    assert await attempts.kept(at) is None
    await attempts.keep(at, ADA, 60)
    assert [await attempts.kept(at) for _ in range(2)] == [ADA, ADA]
    await attempts.forget(at)
    assert await attempts.kept(at) is None


async def test_in_redis(redis: "Redis") -> None:
    await ends_as_it_should(AttemptsInRedis(redis))


async def test_in_memory() -> None:
    await ends_as_it_should(FakeAttempts())


async def test_redis_forgets_all_of_it_in_time(redis: "Redis") -> None:
    attempts, at, link = AttemptsInRedis(redis), uuid4().hex, uuid4().hex
    await attempts.begin(at, ADA, "code", link, 60)
    await attempts.by_code(at, "wrong", 5)
    await attempts.keep(at, ADA, 60)
    keys = f"mail:attempt:{at}", f"mail:link:{link}", f"mail:proof:{at}"
    assert all([0 < await redis.ttl(key) <= 60 for key in keys])
