"""Where sessions stand, and how many are where, as the queue in Redis has it."""

from collections.abc import Callable, Sequence

import msgspec
from redis.asyncio import Redis

from domain.personal import Sealed
from projections.generations import RedisQueries
from projections.waitroom.queue import NAME, QueueOverview, QueuePlace

SESSION = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local session = live .. ':sessions:' .. ARGV[1]
local event = redis.call('HGET', session, 'event_id')
if not event then return {} end
local rank = redis.call('ZRANK', live .. ':waitroom:' .. event .. ':queue', ARGV[1])
return {redis.call('HGETALL', session), rank}
"""

PLACES = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local queue, ranks = live .. ':waitroom:' .. ARGV[1] .. ':queue', {}
for i = 2, #ARGV do ranks[i - 1] = redis.call('ZRANK', queue, ARGV[i]) or -1 end
return ranks
"""

OVERVIEW = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local room = live .. ':waitroom:' .. ARGV[1]
return {
    redis.call('HGETALL', room .. ':room'),
    redis.call('ZCARD', room .. ':queue'),
    redis.call('ZCARD', room .. ':admitted')
}
"""


class QueueQueries(RedisQueries):
    """Reads the live queue; `redis` decodes its responses. Raises `ReadModelMissing`.

    `open` gives a sealed text as it reads, or None for somebody who has been erased.
    """

    name = NAME

    def __init__(self, redis: Redis, open: Callable[[Sealed], str | None]) -> None:
        self._open = open
        super().__init__(redis)
        self._session = self._script(SESSION)
        self._overview = self._script(OVERVIEW)
        self._places = self._script(PLACES)

    async def session(self, session_id: str) -> QueuePlace | None:
        """A session's place, or None when there is no such session."""
        answer = await self._query(self._session, session_id)
        if not answer:
            return None
        return self._place(*answer)

    def _place(self, facts: object, rank: object = None) -> QueuePlace:
        """A session's place; a nil at the end of a script's answer is left out of it."""
        ahead = rank if isinstance(rank, int) else -1
        place = mapping_of(facts) | {"position": ahead + 1, "people_ahead": max(ahead, 0)}
        if name := place.get("display_name"):
            place["display_name"] = self._open(msgspec.json.decode(str(name), type=Sealed))
        return msgspec.convert(place, QueuePlace, strict=False)

    async def places(self, event_id: str, session_ids: Sequence[str]) -> list[int]:
        """The position of each of these in the line of a room, or 0; some thousand at a time."""
        ranks = await self._query(self._places, event_id, *session_ids)
        return [rank + 1 for rank in ranks if isinstance(rank, int)]

    async def overview(self, event_id: str) -> QueueOverview | None:
        """A room, or None when it was never opened."""
        facts, waiting, ready = await self._query(self._overview, event_id)
        if not facts:
            return None
        return self._room(event_id, facts, waiting, ready)

    def _room(self, event_id: str, facts: object, waiting: object, ready: object) -> QueueOverview:
        room = mapping_of(facts) | {"event_id": event_id, "waiting": waiting, "ready": ready}
        return msgspec.convert(room, QueueOverview, strict=False)


def mapping_of(flat: object) -> dict[str, object]:
    """A hash as a script returns it, without the fields that are empty."""
    assert isinstance(flat, list)
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return {name: value for name, value in pairs if value != ""}
