"""What adapters know of people: addresses of accounts, and browsers that asked to be told."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

from redis.asyncio import Redis

from application.ports.commands import Unavailable
from application.ports.push import Subscription
from infra.postgres.caught_up import away_or_missing
from infra.postgres.pool import connections
from infra.push_subscriptions import BrowsersInPostgres
from infra.subjects.keys import SubjectKeys
from interfaces.bootstrap.subjects import master
from interfaces.settings import Settings
from projections.accounts import ACCOUNTS
from projections.accounts.accounts import AccountQueries
from projections.read_model import Stores

POSTGRES_CONNECTIONS = 2
KEYS_TIMEOUT_S = 5.0
"""For the keys of people to have been read; a look at how far that is costs nothing."""

KEYS_INTERVAL_S = 0.05


class _Opened(NamedTuple):
    accounts: AccountQueries
    subscriptions: BrowsersInPostgres
    keys: SubjectKeys


class KnownPeople:
    """Implements `effects.receivers.AddressOf` and `ports.push.Browsers`, in one event loop.

    It connects when somebody is asked for first; a hall whose rules tell nobody reads no keys.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._opened: _Opened | None = None

    async def address_of(self, person: str) -> str | None:
        """See the port."""
        opened = await self._open()
        with away_or_missing("The accounts cannot be looked up"):
            account = await opened.accounts.account(person)
        return None if account is None else account.email

    async def of(self, person: str) -> Sequence[Subscription]:
        """See the port."""
        return await (await self._open()).subscriptions.of(person)

    async def forget(self, id: str) -> None:
        """See the port."""
        await (await self._open()).subscriptions.forget(id)

    async def close(self) -> None:
        """Let go of it all; again changes nothing."""
        self._opened = None
        await self._held.aclose()

    async def _open(self) -> _Opened:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._connect()
        await _require_known(self._opened.keys)
        return self._opened

    async def _connect(self) -> _Opened:
        settings = self._settings
        keys = SubjectKeys(settings.kafka_bootstrap, master(settings))
        await keys.start()
        self._held.push_async_callback(keys.stop)
        pool = await connections(settings.postgres_dsn, POSTGRES_CONNECTIONS, self._held)
        redis = Redis.from_url(settings.redis_url, decode_responses=True)
        self._held.push_async_callback(redis.aclose)
        accounts = ACCOUNTS.queries(Stores(pool, redis, keys.open))
        return _Opened(accounts, BrowsersInPostgres(pool, keys), keys)


async def _require_known(keys: SubjectKeys) -> None:
    """Wait until the keys of people have been read; raises `Unavailable`."""
    deadline = time.monotonic() + KEYS_TIMEOUT_S
    while problem := keys.problem:
        if time.monotonic() > deadline:
            raise Unavailable(problem)
        await asyncio.sleep(KEYS_INTERVAL_S)
