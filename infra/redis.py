"""Read models in Redis: the live generation, and new ones beside it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import msgspec
import redis
from redis.exceptions import WatchError

from application.ports.projections import (
    Difference,
    GenerationLost,
    Parked,
    Poisoned,
    PositionConflict,
    ReadModelState,
)
from application.ports.reading import Checkpoint, ShardId
from infra.redis_differences import RedisDifferences
from infra.redis_scan import keys_of
from projections.generations import pointer, positions
from projections.projection import Changes, RedisProjection

AWAY = (
    redis.ConnectionError,  # also while it loads its data
    redis.TimeoutError,
    redis.ReadOnlyError,
    redis.OutOfMemoryError,
)
AWAY_ANSWERS = ("MISCONF ", "BUSY ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "NOREPLICAS ")
"""How the answers begin that the client has no name for; MISCONF: it could not save its data."""

BUILDER_LEASE_S = 60
"""A generation whose builder has not written for so long is abandoned, and swept away."""

STANDING = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
return {
    live,
    redis.call('HGETALL', live .. ':positions'),
    redis.call('HVALS', live .. ':parked')
}
"""

SWAP = """
local new, positions, parked = ARGV[1], cjson.decode(ARGV[2]), cjson.decode(ARGV[3])
if redis.call('EXISTS', new .. ':building') == 0 then return 'lost' end
local old = redis.call('GET', KEYS[1]) or ''
if old ~= '' then
    local there = redis.call('HGETALL', old .. ':positions')
    for i = 1, #there, 2 do
        local mine = positions[there[i]]
        if not mine or cjson.decode(mine)[1] < cjson.decode(there[i + 1])[1] then
            return 'behind'
        end
    end
end
for shard, position in pairs(positions) do
    redis.call('HSET', new .. ':positions', shard, position)
end
for stream, letter in pairs(parked) do
    redis.call('HSET', new .. ':parked', stream, letter)
end
redis.call('DEL', new .. ':building')
redis.call('SET', KEYS[1], new)
return 'swapped'
"""


def is_away(error: Exception) -> bool:
    """Whether an error says that the server is away, or not yet back."""
    return isinstance(error, AWAY) or (
        isinstance(error, redis.ResponseError) and str(error).startswith(AWAY_ANSWERS)
    )


def connect(url: str) -> "redis.Redis":
    """A client for workers; text comes back as `str`."""
    return redis.Redis.from_url(url, decode_responses=True, socket_connect_timeout=2)


def encode_checkpoint(c: Checkpoint) -> str:
    """A position as `projections.generations` describes it."""
    return msgspec.json.encode((c.offset, c.next_seq, c.epoch, c.owner)).decode()


def decode_checkpoints(flat: Sequence[str]) -> list[Checkpoint]:
    """The positions of a generation, as HGETALL in a script returns them."""
    return [_checkpoint(shard, text) for shard, text in zip(flat[::2], flat[1::2], strict=True)]


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    """A hash, as a script returns it."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _checkpoint(shard: str, text: str) -> Checkpoint:
    topic, _, partition = shard.rpartition("/")
    offset, next_seq, epoch, owner = msgspec.json.decode(text)
    return Checkpoint(topic, int(partition), offset, epoch, owner, next_seq)


def _shard(c: Checkpoint) -> str:
    return f"{c.topic}/{c.partition}"


class RedisStore:
    """Implements `ports.projections.ProjectionStore` on one Redis server.

    A transaction is one MULTI under a WATCH of the pointer and the positions, so whoever moved
    the read model in between makes it fail as a whole; it is tried again where others moved what
    is not held here.
    """

    def __init__(self, client: "redis.Redis", projection: RedisProjection) -> None:
        self._redis = client
        self._projection = projection
        self._pointer = pointer(projection.name)
        self._standing = client.register_script(STANDING)
        self._generation = ""
        self._expected: dict[str, str] = {}

    def standing(self, held: Collection[ShardId] | None = None) -> ReadModelState | None:
        """See the port."""
        answer: Any = self._standing(keys=[self._pointer])
        if answer is None or not answer[1]:
            return None
        self._generation, flat, letters = answer
        there = decode_checkpoints(flat)
        checkpoints = [c for c in there if held is None or (c.topic, c.partition) in held]
        self._expected = {_shard(c): encode_checkpoint(c) for c in checkpoints}
        parked = [msgspec.json.decode(letter, type=Parked) for letter in letters]
        return ReadModelState(self._generation, checkpoints, parked)

    @contextmanager
    def writing(self, reached: Sequence[Checkpoint] = ()) -> Iterator["RedisWriting"]:
        """See the port."""
        writing = RedisWriting(self._projection)
        yield writing
        news = {_shard(c): encode_checkpoint(c) for c in reached}
        with self._redis.pipeline(transaction=True) as pipeline:
            while not self._committed(pipeline, writing, news):
                pass

    def _committed(self, pipeline: Any, writing: "RedisWriting", news: dict[str, str]) -> bool:
        try:
            self._commit(pipeline, writing, news)
        except WatchError:
            return False
        return True

    def _commit(self, pipeline: Any, writing: "RedisWriting", news: dict[str, str]) -> None:
        key = positions(self._generation)
        pipeline.watch(self._pointer, key)
        answer = pipeline.eval(STANDING, 1, self._pointer)
        if answer is None or answer[0] != self._generation:
            raise PositionConflict
        if not self._expected.items() <= _pairs(answer[1]).items():
            raise PositionConflict
        if news:
            pipeline.multi()
            writing.write(pipeline, self._generation)
            pipeline.hset(key, mapping=news)
            pipeline.execute()
            self._expected |= news

    @contextmanager
    def building(self) -> Iterator["RedisGeneration"]:
        """See the port; any number can be built at a time."""
        generations = f"{self._pointer}:generations"
        self._sweep(generations)
        name = f"{self._projection.name}@{uuid4().hex[:12]}"
        self._redis.sadd(generations, name)
        self._redis.set(f"{name}:building", "1", ex=BUILDER_LEASE_S)
        try:
            yield RedisGeneration(self._redis, self._projection, name)
        finally:
            self._sweep(generations, name)

    def _sweep(self, generations: str, mine: str = "") -> None:
        """Delete generations that nobody reads: swapped out, given up or abandoned."""
        names: Any = self._redis.smembers(generations)
        for name in names:
            abandoned = name == mine or not self._redis.exists(f"{name}:building")
            if abandoned and name != self._redis.get(self._pointer):
                for keys in keys_of(self._redis, name):
                    self._redis.unlink(*keys)
                self._redis.srem(generations, name)


class RedisWriting:
    """Gathers the changes of one transaction."""

    def __init__(self, projection: RedisProjection) -> None:
        self._projection = projection
        self._parked: Sequence[Parked] = ()
        self._changes: list[Changes] = []

    def apply(self, events: Sequence[Any]) -> None:
        """See `ports.projections.Writing.apply`; a cache takes rows instead of events."""
        try:
            self._changes.append(self._projection.fold(events))
        except Exception as error:  # whatever an event makes a fold raise, it is the event
            raise Poisoned(f"{type(error).__name__}: {error}") from error

    def park(self, parked: Sequence[Parked]) -> None:
        """See `ports.projections.Writing.park`."""
        self._parked = parked

    def write(self, pipeline: Any, generation: str) -> None:
        """Queue everything but the position."""
        for changes in self._changes:
            changes.write(pipeline, generation)
        for each in self._parked:
            pipeline.hset(f"{generation}:parked", _stream(each), msgspec.json.encode(each))


def _stream(parked: Parked) -> str:
    return f"{parked.topic}/{parked.aggregate_id}"


class RedisGeneration:
    """Implements `ports.projections.Generation`; its keys are nobody else's until the swap."""

    def __init__(self, client: "redis.Redis", projection: RedisProjection, name: str) -> None:
        self._redis = client
        self._projection = projection
        self._name = name
        self._pointer = pointer(projection.name)
        self._live: str | None = client.get(self._pointer)  # type: ignore[assignment]
        self._swap = client.register_script(SWAP)

    def live(self) -> Sequence[Checkpoint] | None:
        """See the port."""
        if self._live is None:
            return None
        there: Any = self._redis.hgetall(positions(self._live))
        return [_checkpoint(shard, text) for shard, text in there.items()] or None

    @contextmanager
    def writing(self) -> Iterator[RedisWriting]:
        """See the port; raises `GenerationLost`."""
        writing = RedisWriting(self._projection)
        yield writing
        with self._redis.pipeline(transaction=True) as pipeline:
            writing.write(pipeline, self._name)
            pipeline.set(f"{self._name}:building", "1", ex=BUILDER_LEASE_S, xx=True)
            if not pipeline.execute()[-1]:
                raise GenerationLost

    def differences(self, fold_to: Callable[[Sequence[Checkpoint]], None]) -> Iterator[Difference]:
        """See the port: compared a slice at a time, each read together with the live position."""
        assert self._live is not None
        between = RedisDifferences(self._redis, self._pointer, self._live, self._name)
        return between.found(lambda flat: fold_to(decode_checkpoints(flat)))

    def swap(self, fold_on: Callable[[], Sequence[Checkpoint]], parked: Sequence[Parked]) -> bool:
        """See the port."""
        news = {_shard(c): encode_checkpoint(c) for c in fold_on()}
        letters = {_stream(each): msgspec.json.encode(each).decode() for each in parked}
        answer = self._swap(
            keys=[self._pointer],
            args=[self._name, msgspec.json.encode(news), msgspec.json.encode(letters)],
        )
        if answer == "lost":
            raise GenerationLost
        return bool(answer == "swapped")
