"""The API: what HTTP stands on."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from socket import gethostname
from typing import Any
from uuid import uuid4

from prometheus_client import REGISTRY
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from application.history import History
from application.ports.reading import ShardId
from domain.categories import CATEGORIES
from domain.category import Category
from infra.eventlog.log import KafkaLog
from infra.eventlog.membership import Membership
from infra.eventlog.metrics import LogMetrics
from infra.eventlog.partition import partition_for
from infra.eventlog.peers import Peers
from infra.eventlog.reader import KafkaLogReader
from infra.eventlog.routing import RoutedLog
from infra.kafka.topics import refuse_repartitioned
from infra.limits import RateLimits
from infra.player_events.producer import EventProducer
from infra.stack.ports import refuse_taken
from infra.subjects.keys import SubjectKeys
from interfaces.bootstrap.dead_letters import dead_letters, intake_of
from interfaces.bootstrap.subjects import master
from interfaces.http.platform.services import Check, Lookup, Services
from interfaces.settings import Settings
from interfaces.tokens import Tokens
from projections.player_events import DEAD_LETTERS
from projections.player_events.exported_events import EventExport
from projections.positions import Pool
from projections.read_model import ReadModel, Stores

POSTGRES_CONNECTIONS = 8
"""Of the API; queries take a millisecond, and PostgreSQL has connections for all processes."""

EXPORT_CONNECTIONS = 2
"""Exports at a time. They have connections of their own, since each may take minutes; and as hours
may lie between them, it is made sure that PostgreSQL has not closed them meanwhile."""

HANDOVER_TIMEOUT_S = 2.0
"""How long other processes may take to claim what this one leaves to them."""

METADATA_TIMEOUT_S = 15.0
"""How long Kafka may take to tell its partitions. An API that does not know them must not decide:
with another number of partitions, aggregates would begin anew in other shards."""


@asynccontextmanager
async def api(settings: Settings) -> AsyncGenerator[Services]:
    """Build what HTTP stands on; at the end of the block the log decides nothing any more.

    `Services.leave` gives the shards to other processes before that, while requests still come.

    Raises `SetupError` where the port is taken, Kafka does not answer, or a log has another number
    of partitions.
    """
    async with AsyncExitStack() as held:
        partitions = {category.topic: settings.log_partitions for category in CATEGORIES}
        await asyncio.to_thread(
            refuse_repartitioned, settings.kafka_bootstrap, partitions, METADATA_TIMEOUT_S
        )
        refuse_taken({"this API process": settings.own_port}, settings.host)
        redis, pool = await _read_models(settings, held)
        exports = await _connections(settings, EXPORT_CONNECTIONS, held, checked=True)
        keys = SubjectKeys(settings.kafka_bootstrap, master(settings))
        await keys.start()
        held.push_async_callback(keys.stop)
        tokens = Tokens(settings.signing_secret())
        peers = Peers(lambda: tokens.issue("api", "service"))
        await peers.start()
        held.push_async_callback(peers.close)
        log, membership = await _log(settings, partitions, peers, held)
        events = EventProducer(settings.kafka_bootstrap)
        events.start()
        held.push_async_callback(events.stop)
        metrics = LogMetrics(log.shards)
        REGISTRY.register(metrics)
        held.callback(REGISTRY.unregister, metrics)
        queries = _lookup(Stores(pool, redis, keys.open))
        intake = intake_of(settings)
        yield Services(
            log=RoutedLog(log, peers.send),
            local=log,
            leave=partial(_leave, log, membership),
            feed=log.feed,
            queries=queries,
            exports=EventExport(exports),
            dead_letters=dead_letters(settings, queries(DEAD_LETTERS), intake),
            history=_history(settings.kafka_bootstrap, partitions),
            seals=keys,
            tokens=tokens,
            intake=intake,
            player_events=events,
            event_limits=RateLimits(
                redis,
                "player events",
                overall=settings.events_per_second,
                per_key=settings.events_per_second_each,
            ),
            keep_failed_events=settings.events_keep_failed,
            bot_after=settings.bot_after,
            allowed_origins=frozenset({settings.base_url, *settings.allowed_origins}),
            checks=_checks(log, membership, keys, redis, pool),
        )


def _lookup(stores: Stores) -> Lookup:
    """Find the queries of a read model, which are made once."""

    @cache
    def queries(model: ReadModel[Any], /) -> Any:
        return model.queries(stores)

    return queries


def _history(bootstrap: str, partitions: Mapping[str, int]) -> History:
    def shard_of(category: Category, aggregate_id: str) -> ShardId:
        return category.topic, partition_for(aggregate_id, partitions[category.topic])

    def reader_of(shard: ShardId, aggregate_id: str) -> KafkaLogReader:
        categories = [category for category in CATEGORIES if category.topic == shard[0]]
        group = "gamehall-history"
        return KafkaLogReader(bootstrap, categories, partitions, group, shard, aggregate_id)

    return History(shard_of, reader_of)


async def _log(
    settings: Settings, partitions: Mapping[str, int], peers: Peers, held: AsyncExitStack
) -> tuple[KafkaLog, Membership]:
    """Start to follow the log and to own a part of it; at the end, leave it to others."""
    url = settings.peer_address
    membership = Membership(settings.kafka_bootstrap, partitions, url=url)
    log = KafkaLog(
        settings.kafka_bootstrap,
        CATEGORIES,
        partitions,
        owner=f"{gethostname()}-{uuid4().hex}",
        url=url,
        wants=membership.wants,
        ask=peers.ask_for,
    )
    await log.start()
    held.push_async_callback(log.stop)
    await membership.start()
    held.push_async_callback(membership.leave)
    return log, membership


async def _leave(log: KafkaLog, membership: Membership) -> None:
    alone = membership.alone
    await membership.leave()
    if not alone:
        await log.ownership.handed_over(HANDOVER_TIMEOUT_S)


async def _read_models(settings: Settings, held: AsyncExitStack) -> tuple[Redis, Pool]:
    """Connect to where read models lie; one that is away does not keep the API from starting."""
    redis = Redis.from_url(
        settings.redis_url, decode_responses=True, socket_connect_timeout=1, socket_timeout=5
    )
    held.push_async_callback(redis.aclose)
    return redis, await _connections(settings, POSTGRES_CONNECTIONS, held)


async def _connections(
    settings: Settings, most: int, held: AsyncExitStack, *, checked: bool = False
) -> Pool:
    """Open a pool; if `checked`, each connection is looked at before it is used."""
    pool: Pool = AsyncConnectionPool(
        settings.postgres_dsn,
        min_size=1,
        max_size=most,
        timeout=2,
        check=AsyncConnectionPool.check_connection if checked else None,
        open=False,
    )
    await pool.open(wait=False)
    held.push_async_callback(pool.close)
    return pool


def _checks(
    log: KafkaLog, membership: Membership, keys: SubjectKeys, redis: Redis, pool: Pool
) -> dict[str, Check]:
    async def has_owners() -> str | None:
        if not membership.settled:
            return "waits for its part of the shards"
        return None if log.ready else "not every shard has an owner yet"

    async def has_subject_keys() -> str | None:
        return keys.problem

    async def answers_kafka() -> str | None:
        await log.ends()
        return None

    async def answers_redis() -> str | None:
        await redis.ping()
        return None

    async def answers_postgres() -> str | None:
        async with pool.connection() as connection:
            await connection.execute("SELECT 1")
        return None

    return {
        "log": has_owners,
        "subject-keys": has_subject_keys,
        "kafka": answers_kafka,
        "redis": answers_redis,
        "postgres": answers_postgres,
    }
