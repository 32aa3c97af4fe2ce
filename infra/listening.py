"""Hearing what is told to whoever is there at this moment, at any process of the API, by Redis.

Each process listens to what somebody listens to there; so Redis tells whoever tells something how
many processes have heard it. Nothing is kept: who is away has missed it.

So Redis knows who is there as well, without anybody saying it again and again, and a process that
is killed is heard of by its connections. Beside that, there are

- `last-seen:{user_id}`: when a process last began or ended to listen for somebody, in unix seconds,
  for thirty days.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from application.ports.commands import Unavailable
from application.ports.listening import LAST_SEEN_KEPT_S, LEADING_ON_S, PREFIX, OnlineStatus
from projections.people import KeySays

SAYS = (KeySays("last-seen:*", members="when who is named there was last in the hall"),)
"""What the keys tell of people; see `projections.people`."""

LAST_SEEN = "last-seen:"
ALWAYS = PREFIX
"""Of nobody: a connection has to listen to something."""

LISTEN_S = 5.0
AWAY_PAUSE_S = 1.0
"""After which an absent Redis is listened to again."""

Hear = Callable[[str], None]
"""Takes what is told, in the loop that follows."""

logger = structlog.get_logger(__name__)


class ListeningInRedis:
    """Implements `services.Listening`, and calls those who listen in this process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listening: dict[str, list[Hear]] = {}
        self._changed = asyncio.Event()

    @contextmanager
    def heard(self, channels: Iterable[str], hear: Hear) -> Iterator[None]:
        """Pass on what is told on any of these channels within the block.

        It begins a moment later than the block, and goes on as long as `follow` runs.
        """
        names = [f"{PREFIX}{channel}" for channel in channels]
        for name in names:
            self._listening.setdefault(name, []).append(hear)
        self._changed.set()
        try:
            yield
        finally:
            for name in names:
                self._listening[name].remove(hear)
                if not self._listening[name]:
                    del self._listening[name]
            self._changed.set()

    async def follow(self) -> None:
        """Pass on what is told, until cancelled."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError) as error:
                logger.warning("nobody hears what is told", error=repr(error))
                await asyncio.sleep(AWAY_PAUSE_S)

    async def _follow(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as told:
            await told.subscribe(ALWAYS)
            following = {asyncio.create_task(self._ask_for(told))}
            following.add(asyncio.create_task(self._pass_on(told)))
            try:
                await asyncio.gather(*following)
            finally:
                for each in following:
                    each.cancel()
                await asyncio.gather(*following, return_exceptions=True)

    async def _ask_for(self, told: PubSub) -> None:
        """Listen to what somebody listens to here, and to nothing else."""
        asked: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._listening)
            if new := wanted - asked:
                await told.subscribe(*new)
            if old := asked - wanted:
                await told.unsubscribe(*old)
            await self._note(new, old)
            asked = wanted
            await self._changed.wait()

    async def _note(self, coming: Collection[str], leaving: Collection[str]) -> None:
        """Keep when these people were there; of who was forgotten meanwhile, nothing comes back."""
        at = f"{time.time():.3f}"
        async with self._redis.pipeline(transaction=False) as keeping:
            for channel in (*coming, *leaving):
                who = channel.removeprefix(PREFIX)
                if not who.startswith("/"):  # a room
                    known = channel in leaving
                    keeping.set(LAST_SEEN + who, at, ex=LAST_SEEN_KEPT_S, xx=known)
            await keeping.execute()

    async def _pass_on(self, told: PubSub) -> None:
        while True:
            if message := await told.get_message(timeout=LISTEN_S):
                for hear in tuple(self._listening.get(message["channel"], ())):
                    _pass_to(hear, message)


def _pass_to(hear: Hear, message: Mapping[str, str]) -> None:
    try:
        hear(message["data"])
    except Exception as error:  # noqa: BLE001 - whoever cannot take it stops nobody else
        logger.warning("cannot take what is told", channel=message["channel"], error=repr(error))


class WhoIsOnlineInRedis:
    """Implements `listening.WhoIsOnline`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def look(self, people: Sequence[str]) -> Mapping[str, OnlineStatus]:
        """See the port."""
        if not people:
            return {}
        try:
            counts = await self._redis.pubsub_numsub(*(PREFIX + each for each in people))
            last = await self._redis.mget([LAST_SEEN + each for each in people])
        except (RedisError, OSError) as error:
            raise Unavailable(f"Who is there cannot be looked up: {error}") from error
        return {
            who: _seen(listening > 0, None if at is None else float(at))
            for who, (_, listening), at in zip(people, counts, last, strict=True)
        }

    async def forget(self, user_id: str) -> int:
        """See the port."""
        try:
            return int(await self._redis.delete(LAST_SEEN + user_id))
        except (RedisError, OSError) as error:
            raise Unavailable(f"When somebody was there cannot be deleted: {error}") from error


def _seen(listens: bool, last: float | None) -> OnlineStatus:
    if last is None:
        return OnlineStatus(online=listens, last=None)
    online = listens or time.time() - last < LEADING_ON_S
    return OnlineStatus(online=online, last=datetime.fromtimestamp(last, UTC))
