"""The API: what HTTP stands on."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from pkgutil import resolve_name
from socket import gethostname
from typing import Any, NamedTuple
from uuid import uuid4

from prometheus_client import REGISTRY
from redis.asyncio import Redis

from domain.categories import CATEGORIES
from infra import reach
from infra.endings import EndingsInRedis
from infra.eventlog.log import KafkaLog
from infra.eventlog.membership import Membership
from infra.eventlog.metrics import LogMetrics
from infra.eventlog.peers import Peers
from infra.eventlog.routing import RoutedLog
from infra.kafka.topics import refuse_repartitioned
from infra.listening import ListeningInRedis
from infra.once import OnceInRedis
from infra.postgres.pool import connections
from infra.sign_ins import SignInsInPostgres
from infra.stack.ports import refuse_taken
from infra.subjects.keys import SubjectKeys
from interfaces.bootstrap import readiness
from interfaces.bootstrap.subjects import master
from interfaces.http.app import FEATURES
from interfaces.http.platform.addresses import Addresses
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.services import Lookup, Services
from interfaces.http.platform.tickets import Tickets
from interfaces.settings import Settings
from interfaces.tokens import Tokens, of_peers
from projections.positions import Pool
from projections.read_model import ReadModel, Stores

POSTGRES_CONNECTIONS = 8
"""Of the API; queries take a millisecond, and PostgreSQL has connections for all processes."""

HANDOVER_TIMEOUT_S = 2.0
"""How long other processes may take to claim what this one leaves to them."""

METADATA_TIMEOUT_S = 15.0
"""How long Kafka may take to tell its partitions. An API that does not know them must not decide:
with another number of partitions, aggregates would begin anew in other shards."""


class Foundation(NamedTuple):
    """What the parts of features are built on; what has to be closed is pushed on `held`."""

    settings: Settings
    partitions: Mapping[str, int]
    redis: Redis
    postgres: Pool
    queries: Lookup
    tokens: Tokens
    seals: SubjectKeys
    log: KafkaLog
    held: AsyncExitStack


@asynccontextmanager
async def api(settings: Settings) -> AsyncGenerator[Services]:
    """Build what HTTP stands on; at the end of the block the log decides nothing any more.

    `Services.leave` gives the shards to other processes before that, while requests still come.

    Raises `KafkaException` where Kafka does not answer, `SetupError` where the port is taken or a
    log has another number of partitions.
    """
    async with AsyncExitStack() as held:
        partitions = {category.topic: settings.log_partitions for category in CATEGORIES}
        # Where nobody listens, this says so at once; who is slow has all the time there is.
        await asyncio.to_thread(reach.kafka, settings.kafka_bootstrap, METADATA_TIMEOUT_S)
        await asyncio.to_thread(
            refuse_repartitioned, settings.kafka_bootstrap, partitions, METADATA_TIMEOUT_S
        )
        refuse_taken({"this API process": settings.own_port}, settings.host)
        redis, pool = await _read_models(settings, held)
        keys = SubjectKeys(settings.kafka_bootstrap, master(settings))
        await keys.start()
        held.push_async_callback(keys.stop)
        secret = settings.signing_secret(make=True)
        tokens = Tokens(secret, leeway_s=settings.clock_leeway_seconds)
        peer_tokens = of_peers(secret, settings.clock_leeway_seconds)
        peers = Peers(lambda: peer_tokens.issue("api", "process"))
        await peers.start()
        held.push_async_callback(peers.close)
        log, membership = await _log(settings, partitions, peers, held)
        metrics = LogMetrics(log.shards)
        REGISTRY.register(metrics)
        held.callback(REGISTRY.unregister, metrics)
        queries = _lookup(Stores(pool, redis, keys.open))
        foundation = Foundation(settings, partitions, redis, pool, queries, tokens, keys, log, held)
        parts = await _parts(foundation)
        yield Services(
            log=RoutedLog(log, peers.send),
            local=log,
            leave=partial(_leave, log, membership),
            feed=log.feed,
            queries=queries,
            seals=keys,
            tokens=tokens,
            peer_tokens=peer_tokens,
            tickets=Tickets(tokens, OnceInRedis(redis), leeway_s=settings.clock_leeway_seconds),
            cookies=_cookies(settings, tokens, pool, redis, held),
            parts=parts,
            addresses=Addresses(settings.requests_per_address, settings.trusted_networks),
            allowed_origins=frozenset({settings.base_url, *settings.allowed_origins}),
            commands_need=readiness.of_commands(log, membership, keys),
            queries_need=readiness.of_queries(log, redis, pool, queries, settings.lag_seconds),
            listening=_listening(redis, held),
        )


def _cookies(
    settings: Settings, tokens: Tokens, pool: Pool, redis: Redis, held: AsyncExitStack
) -> Cookies:
    """Who is signed in, with an ear to what other processes end."""
    endings = EndingsInRedis(redis)
    sign_ins = SignInsInPostgres(pool)
    cookies = Cookies(tokens, sign_ins, secure=settings.is_https, endings=endings)
    following = asyncio.create_task(endings.follow(cookies.forget))
    held.callback(following.cancel)
    return cookies


def _listening(redis: Redis, held: AsyncExitStack) -> ListeningInRedis:
    """Hears what open sockets are told, by whichever process."""
    listening = ListeningInRedis(redis)
    following = asyncio.create_task(listening.follow())
    held.callback(following.cancel)
    return listening


def _lookup(stores: Stores) -> Lookup:
    """Find the queries of a read model, which are made once."""

    @cache
    def queries(model: ReadModel[Any], /) -> Any:
        return model.queries(stores)

    return queries


async def _parts(base: Foundation) -> dict[type, object]:
    """Build what each feature needs beyond what all have."""
    parts: dict[type, object] = {Settings: base.settings}
    for feature in FEATURES:
        if feature.build:
            built = await resolve_name(feature.build)(base)
            parts |= {type(part): part for part in built}
    return parts


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
    return redis, await connections(settings.postgres_dsn, POSTGRES_CONNECTIONS, held)
