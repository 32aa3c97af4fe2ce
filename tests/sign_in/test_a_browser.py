"""A browser signs in at a real hall: the store keeps what it should, and lets the rest go."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from application.ports.sign_ins import SignIn
from domain.aggregate import Command
from infra.endings import EndingsInRedis
from infra.once import TriesInRedis
from infra.passkey_uses import PasskeyUsesInPostgres
from infra.sign_ins import SignInsInPostgres, SignInsOfPeople
from tests.conftest import Hall


@pytest.fixture
async def store(hall: Hall) -> AsyncIterator[SignInsInPostgres]:
    async with AsyncConnectionPool(hall.postgres, min_size=1, open=False) as pool:
        yield SignInsInPostgres(pool)


def a_sign_in(seconds: float = 60, user_id: str = "ada") -> SignIn:
    now = datetime.now(UTC)
    return SignIn(
        id=uuid4().hex,
        user_id=user_id,
        name="Ada",
        scope="player",
        way="guest",
        device="Firefox on Android",
        began_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )


def rows(hall: Hall, user_id: str) -> list[Any]:
    with psycopg.connect(hall.postgres) as connection:
        query = "SELECT digest, ended_at FROM sign_ins WHERE user_id = %s"
        return connection.execute(query, [user_id]).fetchall()


async def test_a_link_of_the_console_signs_in_once(hall: Hall) -> None:
    name = f"grace-{uuid4().hex}"
    link = hall.command("console", "--name", name).stdout.strip()
    assert link.startswith(f"{hall.base_url}/sign-in#link=")
    body, ours = {"code": link.partition("#link=")[2]}, {"origin": hall.base_url}

    async with httpx.AsyncClient(base_url=hall.base_url, headers=ours) as browser:
        signed_in = await browser.post("/api/v1/sign-in/link", json=body)
        assert signed_in.status_code == 201, signed_in.text
        assert (await browser.get("/api/v1/me")).json()["user_id"] == name
        again = await browser.post("/api/v1/sign-in/link", json=body)
        assert again.json()["type"].endswith("link-not-good")
        assert (await browser.post("/api/v1/sign-out")).status_code == 204
        assert (await browser.get("/api/v1/me")).status_code == 401
        again = await browser.post("/api/v1/sign-in/link", json=body)
        assert again.json()["type"].endswith("link-not-good"), "not after the sign-out either"
    [(digest, ended_at)] = rows(hall, name)
    assert ended_at is not None
    cookie = re.sub("^[^=]*=|;.*", "", signed_in.headers["set-cookie"])
    assert cookie.encode() not in digest


async def test_the_hall_lets_no_guest_in_unless_it_is_told_to(hall: Hall) -> None:
    async with httpx.AsyncClient(base_url=hall.base_url) as browser:
        ours = {"origin": hall.base_url}
        refused = await browser.post("/api/v1/sign-in/guest", json={"name": "A"}, headers=ours)
        assert refused.json()["type"].endswith("no-guests")


async def test_a_sign_in_is_found_until_it_ends_or_expires(store: SignInsInPostgres) -> None:
    kept, ended, expired = (uuid4().bytes for _ in range(3))
    sign_in = a_sign_in()
    assert await store.begin(kept, sign_in)
    assert await store.begin(ended, a_sign_in())
    assert await store.begin(expired, a_sign_in(-1))
    await store.end(ended)

    assert await store.find(kept) == sign_in
    assert [await store.find(each) for each in (ended, expired, b"unknown")] == [None] * 3


async def test_what_has_expired_goes_as_others_come(hall: Hall, store: SignInsInPostgres) -> None:
    gone = f"gone-{uuid4().hex}"
    for _ in range(3):
        await store.begin(uuid4().bytes, a_sign_in(-1, gone))
    await store.begin(uuid4().bytes, a_sign_in())
    assert rows(hall, gone) == []


async def test_what_is_good_once_is_used_up_by_the_first(store: SignInsInPostgres) -> None:
    once, first, second = uuid4().hex, uuid4().bytes, uuid4().bytes
    assert await store.begin(first, a_sign_in(), once)
    assert not await store.begin(second, a_sign_in(), once)
    assert await store.find(second) is None


async def test_so_many_may_try_and_then_wait(hall: Hall) -> None:
    redis = Redis.from_url(hall.redis)
    try:
        tries, name = TriesInRedis(redis), uuid4().hex
        assert [await tries.may_try(name, 2, 60) for _ in range(3)] == [True, True, False]
        assert 0 < await redis.ttl(f"tries:{name}") <= 60
    finally:
        await redis.aclose()


async def test_somebodys_sign_ins_are_listed_and_ended(store: SignInsInPostgres) -> None:
    user = f"ada-{uuid4().hex}"
    digests = [uuid4().bytes for _ in range(4)]
    sign_ins = [a_sign_in(user_id=user) for _ in digests]
    for digest, each in zip(digests, sign_ins, strict=True):
        await store.begin(digest, each)
    await store.begin(uuid4().bytes, a_sign_in(-1, user))
    await store.begin(uuid4().bytes, a_sign_in())

    async def listed() -> set[str]:
        return {each.id for each in await store.of_user(user, "player")}

    ids = [each.id for each in sign_ins]
    assert await listed() == set(ids)
    assert await store.of_user(user, "admin") == []
    assert await store.end_of(user, "admin") == []
    assert await store.end_of(user, "player", only=ids[0]) == [digests[0]]
    assert await store.end_of(user, "player", only=ids[0]) == []
    assert await store.find(digests[0]) is None
    ended = await store.end_of(user, "player", but=ids[1])
    assert sorted(ended) == sorted(digests[2:])
    assert await listed() == {ids[1]}
    assert await store.end_of(user, "player") == [digests[1]]


async def test_a_browser_is_seen_once_in_ten_minutes(hall: Hall, store: SignInsInPostgres) -> None:
    user, digest = f"ada-{uuid4().hex}", uuid4().bytes
    await store.begin(digest, a_sign_in(user_id=user))

    async def seen_at() -> datetime:
        (found,) = await store.of_user(user, "player")
        return found.seen_at

    first = await seen_at()
    await store.find(digest)
    assert await seen_at() == first, "a look is no write"
    with psycopg.connect(hall.postgres) as connection:
        long_ago = "UPDATE sign_ins SET seen_at = seen_at - interval '11 minutes' WHERE digest = %s"
        connection.execute(long_ago, [digest])
    await store.find(digest)
    assert await seen_at() >= first


async def test_a_key_counts_on_and_a_copy_of_it_does_not(hall: Hall) -> None:
    async with AsyncConnectionPool(hall.postgres, min_size=1, open=False) as pool:
        uses, key, synced = PasskeyUsesInPostgres(pool), uuid4().hex, uuid4().hex
        counted = [await uses.advance(key, count) for count in (1, 2, 2, 1, 5, 0)]
        assert counted == [True, True, False, False, True, False]
        assert [await uses.advance(synced, 0) for _ in range(2)] == [True, True]


async def test_what_ends_is_told_to_all_who_listen(hall: Hall) -> None:
    redis = Redis.from_url(hall.redis, decode_responses=True, socket_timeout=5)
    heard: asyncio.Queue[list[bytes]] = asyncio.Queue()
    endings, digests = EndingsInRedis(redis), [uuid4().bytes, uuid4().bytes]
    following = asyncio.create_task(endings.follow(lambda each: heard.put_nowait(list(each))))
    try:
        async with asyncio.timeout(20):
            while heard.empty():  # who listens late hears nothing of before
                await endings.tell(digests)
                await asyncio.sleep(0.05)
            assert await heard.get() == digests
    finally:
        following.cancel()
        await redis.aclose()


class Heard:
    """Which sign-ins are told to have ended."""

    def __init__(self) -> None:
        self.digests: list[bytes] = []

    async def tell(self, digests: list[bytes]) -> None:
        self.digests += digests


async def test_who_is_erased_is_told_of_as_signed_out(hall: Hall) -> None:
    user, digests = f"ada-{uuid4().hex}", [uuid4().bytes, uuid4().bytes]
    async with AsyncConnectionPool(hall.postgres, min_size=1, open=False) as pool:
        store, heard = SignInsInPostgres(pool), Heard()
        for digest in digests:
            await store.begin(digest, a_sign_in(user_id=user))
        people = SignInsOfPeople(pool, heard)
        assert await people.erase(user, "olga", nothing) == 2
        assert await people.erase(user, "olga", nothing) == 0
        assert await store.of_user(user, "player") == []
    assert sorted(heard.digests) == sorted(digests)


async def nothing(command: Command) -> Any:
    raise AssertionError(command)


async def test_who_tells_nobody_since_redis_is_away_goes_on() -> None:
    await EndingsInRedis(Redis.from_url("redis://127.0.0.1:1")).tell([b"digest"])
