"""Who was seen when, in Redis: said by every API process, and looked at by one worker.

It is lossy by nature, so it lies beside the read models and not in the log; `presence:mark` is lost
with it, and tells that it was. All times are those of Redis' clock, in unix seconds.

- `presence:beats`: hash of when each API process last told whom it had seen; one that ends takes
  its own away.
- `presence:seen:{event_id}`: sorted set of sessions by when they were seen.
- `presence:told:{event_id}`: sorted set of sessions that were missed, by when they were told.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import redis
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from application.envelopes import VerdictMessage
from application.ports.commands import Envelope
from application.waitroom.presence import Absentees, CountedTime, Observed, Sightings
from infra.commands_client import ApiAway
from infra.redis import is_away
from infra.turns import turns
from projections.people import KeySays

SAYS = (
    KeySays("presence:beats", members="processes"),
    KeySays("presence:mark", members="a number"),
    KeySays("presence:seen:*", members="sessions, for three hours"),
    KeySays("presence:told:*", members="sessions, for three hours"),
)
"""What the keys tell of people; see `projections.people`."""

TELL_INTERVAL_S = 1.0
LOOK_INTERVAL_S = 1.0
SEEN_KEPT_S = 3 * 3_600
"""Longer than anybody may be missed and told, so that nothing is left of rooms that are over."""

GONE_AFTER_S = 60
"""After so long without a word an API process is taken for dead. Until then it may be one that
answers people and does not reach Redis: nobody counts as absent."""

TOLD_AT_ONCE = 1_000
NOTED_AT_ONCE = 2_000
MOST_ABSENTEES = 500
MOST_MISSED = 5_000
UNTOLD_S = 10
"""For so long a session may be told that it is missed without the read model showing it."""

logger = structlog.get_logger(__name__)

NOW = """
local time = redis.call('TIME')
local now = string.format('%d.%06d', time[1], time[2])
"""

SAY = f"""{NOW}
local key = 'presence:seen:' .. ARGV[1]
for i = 2, #ARGV do redis.call('ZADD', key, now, ARGV[i]) end
redis.call('EXPIRE', key, {SEEN_KEPT_S})
"""

BEAT = f"""{NOW}
redis.call('HSET', 'presence:beats', ARGV[1], now)
"""

LEAVE = "redis.call('HDEL', 'presence:beats', ARGV[1])"

STAND = f"""{NOW}
if redis.call('EXISTS', 'presence:mark') == 0 then redis.call('SET', 'presence:mark', ARGV[1]) end
local beats, late = redis.call('HGETALL', 'presence:beats'), tonumber(now) - {GONE_AFTER_S}
for i = 1, #beats, 2 do
    if tonumber(beats[i + 1]) < late then redis.call('HDEL', 'presence:beats', beats[i]) end
end
return {{now, redis.call('GET', 'presence:mark'), beats}}
"""

ROOMS = """
local live = redis.call('GET', 'projection:waitroom')
local rooms = {}
if not live then return rooms end
for i, event in ipairs(redis.call('ZRANGE', live .. ':attended', 0, -1)) do
    local key = live .. ':waitroom:' .. event .. ':room'
    local facts = redis.call('HMGET', key, 'absent_seconds', 'redeems')
    rooms[i] = {live, event, facts[1] or '', facts[2] or ''}
end
return rooms
"""

LOOK = f"""{NOW}
local live, event, mark, since = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local allowed, redeems, cursor = tonumber(ARGV[5]), ARGV[6] == '1', tonumber(ARGV[7])
local heard = tonumber(ARGV[8])  -- whom anybody saw until then is known
if redis.call('GET', 'presence:mark') ~= mark then return nil end
if redis.call('GET', 'projection:waitroom') ~= live then return {{{{}}, {{}}, {{}}}} end
local room, n = live .. ':waitroom:' .. event, tonumber(now)
local seen, told = 'presence:seen:' .. event, 'presence:told:' .. event

-- Whoever is there has been seen now at the latest, unless somebody knows better.
for _, kind in ipairs(redeems and {{'queue', 'admitted'}} or {{'queue'}}) do
    local key = room .. ':' .. kind
    local size = redis.call('ZCARD', key)
    local from = size > 0 and cursor % size or 0
    for _, id in ipairs(redis.call('ZRANGE', key, from, from + {NOTED_AT_ONCE} - 1)) do
        if not redis.call('ZSCORE', told, id) then redis.call('ZADD', seen, 'NX', now, id) end
    end
end

local tell, returned, drop = {{}}, {{}}, {{}}
for _, id in ipairs(redis.call('ZRANGE', room .. ':missed', 0, {MOST_MISSED} - 1)) do
    redis.call('ZADD', told, 'NX', now, id)
    local at = redis.call('ZSCORE', told, id)
    if redis.call('ZSCORE', seen, id) then returned[#returned + 1] = {{id, at}}
    elseif heard - math.max(tonumber(at), since) >= allowed and #drop < {MOST_ABSENTEES} then
        drop[#drop + 1] = {{id, at}}
    end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', told, '-inf', n - {UNTOLD_S})) do
    if not redis.call('ZSCORE', room .. ':missed', id) then redis.call('ZREM', told, id) end
end
for _, key in ipairs({{seen, told}}) do redis.call('EXPIRE', key, {SEEN_KEPT_S}) end
if heard - since < allowed then return {{tell, returned, drop}} end

local unseen = redis.call(
    'ZRANGEBYSCORE', seen, '-inf', heard - allowed, 'WITHSCORES', 'LIMIT', 0, {MOST_ABSENTEES}
)
for i = 1, #unseen, 2 do
    local id = unseen[i]
    local facts = redis.call('HMGET', live .. ':sessions:' .. id, 'status', 'redeemed_at')
    redis.call('ZREM', seen, id)
    if facts[1] == 'waiting' or (redeems and facts[1] == 'ready' and not facts[2]) then
        tell[#tell + 1] = {{id, unseen[i + 1]}}
        redis.call('ZADD', told, now, id)
    end
end
return {{tell, returned, drop}}
"""


class SeenTeller:
    """Tells Redis every second whom one API process has seen."""

    def __init__(self, client: "Redis", seen: Sightings) -> None:
        self._process = uuid4().hex
        self._seen = seen.by_room
        self._say = client.register_script(SAY)
        self._beat = client.register_script(BEAT)
        self._leave = client.register_script(LEAVE)
        self._rooms = client.register_script(ROOMS)

    async def run(self) -> None:
        """Tell it again and again, until cancelled."""
        while True:
            await asyncio.sleep(TELL_INTERVAL_S)
            try:
                await self.tell()
            except Exception as error:  # noqa: BLE001 - told again in a second, nothing is lost
                logger.warning("cannot say who was seen", error=repr(error))

    async def leave(self) -> None:
        """Tell for the last time, and that this process ends."""
        try:
            await self.tell()
            await self._leave(args=[self._process])
        except RedisError as error:
            logger.warning("cannot say that nobody is seen any more", error=repr(error))

    async def tell(self) -> None:
        """Tell it once: only of rooms that want to know, and only then that this process lives."""
        attended = {room[1] for room in await self._rooms()}
        for event_id in [*self._seen]:
            if event_id in attended:
                await self._tell_of(event_id)
            else:
                del self._seen[event_id]
        await self._beat(args=[self._process])

    async def _tell_of(self, event_id: str) -> None:
        seen = self._seen[event_id]
        while some := list(islice(seen, TOLD_AT_ONCE)):
            await self._say(args=[event_id, *some])
            seen.difference_update(some)


class Attended(NamedTuple):
    """A room in which places are lost by absence, in the live generation of the read model."""

    generation: str
    event_id: str
    absent_seconds: str
    redeems: str

    @property
    def terms(self) -> tuple[str, ...]:
        """The room and what it requires; a rebuild of the read model changes neither."""
        return self[1:]


class PresenceWatch:
    """Looks for absentees every second, and has their rooms decide what follows.

    `execute` tries once, and raises when the API is away; `is_reachable` asks the API, as the
    public does, whether it answers queries. Blocking, and for one thread; several of these in
    different processes do no harm.
    """

    def __init__(
        self,
        client: "redis.Redis",
        execute: Callable[[Sequence[Envelope]], Sequence[VerdictMessage]],
        is_reachable: Callable[[], bool],
    ) -> None:
        self._redis = client
        self._execute = execute
        self._is_reachable = is_reachable
        self._stand = client.register_script(STAND)
        self._rooms = client.register_script(ROOMS)
        self._look = client.register_script(LOOK)
        self.period = CountedTime()
        self._required: Mapping[tuple[str, ...], float] = {}
        self._cursor = 0

    def run(self, stopped: Callable[[], bool]) -> None:
        """Look until `stopped`."""
        for _ in turns(LOOK_INTERVAL_S, stopped):
            self.step()

    def step(self) -> int:
        """Look once; gives the number of commands that followed."""
        try:
            return self._step()
        except Exception as error:
            self.period.lose()
            if not (is_away(error) or isinstance(error, ApiAway | httpx.TransportError)):
                raise
            logger.warning("cannot look who is absent", error=str(error))
            return 0

    def _step(self) -> int:
        rooms = self._attended()
        if not rooms:
            self.period.lose()
            self._required = {}
            return 0
        observed = self._observe()
        self.period.observe(observed)
        self._required = {
            room.terms: self._required.get(room.terms, observed.now) for room in rooms
        }
        commands: list[Envelope] = []
        for room in rooms:
            found = self._absentees(room, observed)
            if found is None:
                self.period.lose()
                return 0
            commands += found.commands(room.event_id)
        self._cursor += NOTED_AT_ONCE
        if commands and self._server() == observed.server:
            _tell_of_refused(self._execute(commands))
        return len(commands)

    def _attended(self) -> list[Attended]:
        answer: Any = self._rooms()
        return [Attended(*room) for room in answer if room[2]]

    def _observe(self) -> Observed:
        answer: Any = self._stand(args=[uuid4().hex])
        now, mark, beats = answer
        last: Mapping[str, float] = {
            process: float(at) for process, at in zip(beats[::2], beats[1::2], strict=True)
        }
        return Observed(float(now), self._server(), mark, last, self._is_reachable())

    def _server(self) -> str:
        told: Any = self._redis.info("server")
        return str(told["run_id"])

    def _absentees(self, room: Attended, observed: Observed) -> Absentees | None:
        """The absentees of a room, or None where what was known of them is lost."""
        since = max(self.period.since, self._required[room.terms])
        answer: Any = self._look(
            args=[
                *(room.generation, room.event_id, observed.mark, repr(since)),
                *(room.absent_seconds, room.redeems, self._cursor, repr(observed.heard)),
            ]
        )
        return None if answer is None else Absentees(*answer)


def _tell_of_refused(verdicts: Sequence[VerdictMessage]) -> None:
    """Log how many commands were refused, by type: a few are, of who has just left or come back."""
    refused = Counter(each.refusal.type for each in verdicts if each.refusal)
    if refused:
        logger.info("rooms refused what was said of absentees", refused=dict(refused))
