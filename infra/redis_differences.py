"""Compare two generations in Redis value by value while the live one moves on.

A slice of the live generation is read in the same script as its position; the other generation is
then folded to exactly that position, and the same slice of it must be equal. Positions only move
forward, so slice after slice can be compared without stopping anybody.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import redis

from application.ports.projections import Difference, PositionConflict
from infra.redis_scan import keys_of

SLICE_KEYS = 500
INTERNAL = frozenset({"positions", "parked", "building"})

READ = """
local function read(generation, kind, keys, after, upto)
    local values = {}
    for i, key in ipairs(keys) do
        key = generation .. ':' .. key
        if kind == 'hash' then values[i] = redis.call('HGETALL', key)
        elseif kind == 'zset' then
            values[i] = redis.call('ZRANGEBYSCORE', key, after, upto, 'WITHSCORES')
        else values[i] = redis.call('SMEMBERS', key) end
    end
    return values
end
"""

LIVE = (
    READ
    + """
local generation, kind, after, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('GET', KEYS[1]) ~= generation then return nil end
local keys, upto = {unpack(ARGV, 5)}, '+inf'
if kind == 'zset' then
    local key = generation .. ':' .. keys[1]
    local slice = redis.call('ZRANGEBYSCORE', key, after, upto, 'WITHSCORES', 'LIMIT', 0, limit)
    if #slice == 2 * limit then upto = slice[#slice] end
end
local positions = redis.call('HGETALL', generation .. ':positions')
return {positions, upto, read(generation, kind, keys, after, upto)}
"""
)

OTHER = (
    READ
    + """
local generation, kind, after, upto = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
return read(generation, kind, {unpack(ARGV, 5)}, after, upto)
"""
)

FoldTo = Callable[[Sequence[str]], None]
"""Folds the other generation to a position given as a flat hash."""


class Slice(NamedTuple):
    """Keys of one kind, and for a sorted set the scores to look at."""

    kind: str
    keys: Sequence[str]
    after: str = "-inf"


class RedisDifferences:
    """The differences between the live generation and another one of the same projection."""

    def __init__(self, client: "redis.Redis", pointer: str, live: str, other: str) -> None:
        self._redis = client
        self._pointer = pointer
        self._live = live
        self._other = other
        self._read_live = client.register_script(LIVE)
        self._read_other = client.register_script(OTHER)

    def found(self, fold_to: FoldTo) -> Iterator[Difference]:
        """Every value that differs; raises `PositionConflict` when the live one is swapped."""
        for part in self._parts():
            cursor: Slice | None = part
            while cursor is not None:
                differences, cursor = self._compare(cursor, fold_to)
                yield from differences

    def _parts(self) -> Iterator[Slice]:
        """Every key of either generation, the live one's first."""
        for suffixes in self._suffixes(self._live):
            yield from self._by_kind(self._live, suffixes)
        for suffixes in self._suffixes(self._other):
            with self._redis.pipeline(transaction=False) as pipeline:
                for suffix in suffixes:
                    pipeline.exists(f"{self._live}:{suffix}")
                there = pipeline.execute()
            missing = [suffix for suffix, e in zip(suffixes, there, strict=True) if not e]
            yield from self._by_kind(self._other, missing)

    def _suffixes(self, generation: str) -> Iterator[list[str]]:
        for keys in keys_of(self._redis, generation):
            suffixes = {key.removeprefix(f"{generation}:") for key in keys} - INTERNAL
            if suffixes:
                yield sorted(suffixes)

    def _by_kind(self, generation: str, suffixes: Sequence[str]) -> Iterator[Slice]:
        with self._redis.pipeline(transaction=False) as pipeline:
            for suffix in suffixes:
                pipeline.type(f"{generation}:{suffix}")
            kinds = pipeline.execute()
        hashes = [s for s, kind in zip(suffixes, kinds, strict=True) if kind == "hash"]
        if hashes:
            yield Slice("hash", hashes)
        for suffix, kind in zip(suffixes, kinds, strict=True):
            if kind in ("zset", "set"):
                yield Slice(kind, [suffix])

    def _compare(self, part: Slice, fold_to: FoldTo) -> tuple[Sequence[Difference], Slice | None]:
        """The differences in one slice, and the slice after it."""
        answer: Any = self._read_live(
            keys=[self._pointer], args=[self._live, part.kind, part.after, SLICE_KEYS, *part.keys]
        )
        if answer is None:
            raise PositionConflict
        positions, upto, live = answer
        fold_to(positions)
        other: Any = self._read_other(args=[self._other, part.kind, part.after, upto, *part.keys])
        differences = [
            difference
            for key, here, there in zip(part.keys, live, other, strict=True)
            for difference in _between(key, _fields(part.kind, here), _fields(part.kind, there))
        ]
        ended = part.kind != "zset" or upto == "+inf"
        return differences, None if ended else part._replace(after=f"({upto}")


def _fields(kind: str, flat: Sequence[str]) -> dict[str, str]:
    if kind == "set":
        return dict.fromkeys(flat, "member")
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _between(key: str, live: dict[str, str], other: dict[str, str]) -> Iterator[Difference]:
    for field in sorted(live.keys() | other.keys()):
        if live.get(field) != other.get(field):
            yield Difference(key, field, live.get(field), other.get(field))
