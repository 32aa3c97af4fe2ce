"""Whether the API can take commands, and whether it can answer queries: what both stand on."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from redis.asyncio import Redis

from application.log.shard import Shard
from application.ports.reading import ShardId
from domain.events import Position
from infra.eventlog.log import KafkaLog
from infra.eventlog.membership import Membership
from infra.subjects.keys import SubjectKeys
from interfaces.bootstrap.workers import read_models
from interfaces.http.platform.services import Lookup, Readiness, ReadinessCheck
from projections.positions import Pool
from projections.projection import ReadModelMissing

NOWHERE = Position("", 0, -1)
"""Before every event there is."""

AT_ONCE_S = 0.0
"""Seconds that a check waits for a read model."""

Shows = Callable[[Position], Awaitable[bool]]


def of_commands(log: KafkaLog, membership: Membership, keys: SubjectKeys) -> Readiness:
    """What decides commands."""

    async def has_owners() -> str | None:
        if not membership.settled:
            return "waits for its part of the shards"
        return None if log.ready else "not every shard has an owner yet"

    async def has_subject_keys() -> str | None:
        return keys.problem

    async def answers() -> None:
        await log.ends()

    return {"log": has_owners, "subject-keys": has_subject_keys, "kafka": answers}


def of_queries(
    log: KafkaLog, redis: Redis, pool: Pool, queries: Lookup, lag_seconds: float
) -> Readiness:
    """Where read models lie, that all are there, and those of the log not `lag_seconds` behind."""

    async def answers_redis() -> None:
        await redis.ping()

    async def answers_postgres() -> None:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")

    models = {}
    for model in read_models():
        shards = [each for each in log.shards if each.topic in model.source.topics]
        trail = Trail(shards, partial(queries(model).wait_for, timeout=AT_ONCE_S))
        models[model.name] = built(queries(model), not_behind(trail, lag_seconds))
    return {"redis": answers_redis, "postgres": answers_postgres, **models}


def built(queries: Any, then: ReadinessCheck) -> ReadinessCheck:
    """A check of whether a read model is there; `then` it is asked for more."""

    async def check() -> str | None:
        try:
            await queries.wait_for(NOWHERE, AT_ONCE_S)
            return await then()
        except ReadModelMissing:
            return "is being built"

    return check


def not_behind(trail: "Trail", most_seconds: float) -> ReadinessCheck:
    """A check of how far a read model is behind."""

    async def check() -> str | None:
        return "behind the log" if await trail.seconds() > most_seconds else None

    return check


class Trail:
    """How long a read model has not shown an event that stood at the end of the log.

    One event is asked for at a time, the last of a shard that has moved. Calls are the only looks
    at it, so that a time is too short by what lies between them, and never too long.
    """

    def __init__(
        self, shards: Sequence[Shard], shows: Shows, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shards = shards
        self._shows = shows
        self._clock = clock
        self._seen: Mapping[ShardId, int] = {}
        self._asked: Position | None = None
        self._since = clock()

    async def seconds(self) -> float:
        """The time since when an event has not been shown; 0 where there is none to ask for."""
        if self._asked is None or await self._shows(self._asked):
            self._asked, self._since = self._last_event(), self._clock()
        return self._clock() - self._since

    def _last_event(self) -> Position | None:
        ends = {(each.topic, each.partition): each.gate.next_seq for each in self._shards}
        moved = [shard for shard, end in ends.items() if end > self._seen.get(shard, 0)]
        self._seen = ends
        return Position(*moved[0], ends[moved[0]] - 1) if moved else None
