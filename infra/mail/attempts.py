"""Attempts to prove an address, in Redis: each is taken away by whatever ends it, in one step."""

from typing import Any

import msgspec
from redis.asyncio import Redis

from application.accounts.ports import MailAttempt
from projections.people import KeySays

BEGIN = """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'told', ARGV[1], 'code', ARGV[2], 'link', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], KEYS[1], 'EX', ARGV[4]) end
"""

BY_CODE = """
local code, told = unpack(redis.call('HMGET', KEYS[1], 'code', 'told'))
if not code then return false end
local tried = redis.call('HINCRBY', KEYS[1], 'tried', 1)
if code == ARGV[1] or tried >= tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
return code == ARGV[1] and told
"""

BY_LINK = """
local attempt = redis.call('GETDEL', KEYS[1])
if not attempt then return false end
local link, told = unpack(redis.call('HMGET', attempt, 'link', 'told'))
if link ~= ARGV[1] then return false end
redis.call('DEL', attempt)
return told
"""
"""A link leads to the attempt of its browser, which may be another by now, or over."""

SAYS = (
    KeySays("mail:attempt:*", fields=("code", "link", "tried", "told")),
    KeySays("mail:link:*", members="of which attempt a link is, for ten minutes"),
    KeySays("mail:proof:*", members="which address is proven, sealed, for half an hour"),
)
"""What the keys tell of people; see `projections.people`."""


class AttemptsInRedis:
    """Implements `accounts.ports.Attempts`; keys are built here, and meant for one server."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._begin, self._by_code, self._by_link = map(
            redis.register_script, (BEGIN, BY_CODE, BY_LINK)
        )

    async def begin(
        self, at: str, attempt: MailAttempt, code: str, link: str | None, seconds: int
    ) -> None:
        """See the port."""
        arguments: list[Any] = [msgspec.json.encode(attempt), code, link or "", seconds]
        await self._begin(keys=[_attempt(at), _link(link or "")], args=arguments)

    async def by_code(self, at: str, code: str, most: int) -> MailAttempt | None:
        """See the port."""
        return _told(await self._by_code(keys=[_attempt(at)], args=[code, most]))

    async def by_link(self, link: str) -> MailAttempt | None:
        """See the port."""
        return _told(await self._by_link(keys=[_link(link)], args=[link]))

    async def keep(self, name: str, attempt: MailAttempt, seconds: int) -> None:
        """See the port."""
        await self._redis.set(_proof(name), msgspec.json.encode(attempt), ex=seconds)

    async def kept(self, name: str) -> MailAttempt | None:
        """See the port."""
        return _told(await self._redis.get(_proof(name)))

    async def forget(self, name: str) -> None:
        """See the port."""
        await self._redis.delete(_proof(name))


def _told(kept: Any) -> MailAttempt | None:
    return None if kept is None else msgspec.json.decode(kept, type=MailAttempt)


def _attempt(at: str) -> str:
    return f"mail:attempt:{at}"


def _link(link: str) -> str:
    return f"mail:link:{link}"


def _proof(name: str) -> str:
    return f"mail:proof:{name}"
