"""A value under a key of Redis, or a counter there that each event counts in once."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from application.effects.ports import Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import RedisKey
from infra.effects.posting import PATIENCE_S
from infra.redis import is_away
from infra.redis_once import NotAnswered, NotAsked, ask_once, close

PREFIX = "effects:"
"""Of what others read; no key of the hall's begins so."""

SET_BY, COUNTED = "effects-set-by:", "effects-counted:"
"""Of what tells which events have been there."""

REMEMBERED_POSITIONS = 1_000
"""Positions of one shard that a counter remembers, some 100 kB at the most."""

BY_SHARD_S = 86_400
"""So much longer than a value is kept which event has set it, so that no older one sets it anew."""

SET = """
local there = redis.call('HGET', KEYS[2], ARGV[1])
if there and tonumber(there) >= tonumber(ARGV[2]) then return 'known' end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
if ARGV[4] == '' then
    redis.call('SET', KEYS[1], ARGV[3])
    redis.call('PERSIST', KEYS[2])
else
    redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
    redis.call('EXPIRE', KEYS[2], ARGV[4] + ARGV[5])
end
return 'done'
"""

COUNT = """
local seq, window = tonumber(ARGV[1]), tonumber(ARGV[2])
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 'known' end
local full = redis.call('ZCARD', KEYS[2]) >= window
if full and seq < tonumber(redis.call('ZRANGE', KEYS[2], 0, 0)[1]) then return 'late' end
redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], seq, ARGV[1])
if full then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, 0) end
if ARGV[3] ~= '' then
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    redis.call('EXPIRE', KEYS[2], ARGV[3])
end
return 'done'
"""

LATE = f"it came {REMEMBERED_POSITIONS} events late, and may have been counted"


class RedisKeys:
    """Implements `effects.ports.Adapter` for `RedisKey`; keys are meant for one server.

    Guarantee of a value: of the events of one shard of the log, none sets it after a later one has;
    among shards the last to come does. Of a counter: no event is counted twice, and one before
    which `REMEMBERED_POSITIONS` later ones of its shard were counted is not, and told as unknown.
    Both as long as Redis keeps its keys: what it forgets is gone, and a key that has expired (a
    counter does `keep_seconds` after it was last counted in) begins anew. Unknown is a command that
    was sent and not answered in `seconds`; to repeat it changes nothing.
    """

    def __init__(self, redis: Redis, seconds: float = PATIENCE_S) -> None:
        self._redis = redis
        self._seconds = seconds

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        try:
            return _said(await ask_once(self._redis, _command(effect), self._seconds))
        except ResponseError as error:
            return Delivery("rejected", f"Redis refuses: {_word(error)}", again=is_away(error))
        except NotAsked as error:
            return Delivery("rejected", str(error), again=True)
        except NotAnswered as error:
            return Delivery("unknown", str(error), again=True)

    async def close(self) -> None:
        """See the port."""
        await close(self._redis)


def _command(effect: Effect) -> list[Any]:
    action, (topic, partition, seq) = effect.action, effect.position
    assert isinstance(action, RedisKey)
    shard, keep = f"{topic}/{partition}", action.keep_seconds or ""
    key = f"{PREFIX}{action.key}"
    if action.value is None:
        counted = f"{COUNTED}{shard}:{action.key}"
        return ["EVAL", COUNT, 2, key, counted, seq, REMEMBERED_POSITIONS, keep]
    set_by = f"{SET_BY}{action.key}"
    return ["EVAL", SET, 2, key, set_by, shard, seq, action.value, keep, BY_SHARD_S]


def _said(answer: bytes | str) -> Delivery:
    said = answer.decode() if isinstance(answer, bytes) else answer
    return Delivery("unknown", LATE) if said == "late" else Delivery("accepted")


def _word(error: ResponseError) -> str:
    """The first word, which is a code; the rest may name keys."""
    return str(error).partition(" ")[0]
