"""What an operator asks: which rooms there are, who is in one, and what happens in it."""

import re
from collections.abc import Sequence

import msgspec

from domain.waitroom.commands import Status
from domain.waitroom.description import Appearance
from projections.generations import FOLLOWING
from projections.projection import InvalidCursor
from projections.waitroom.minutes import HOUR_MINUTES, Minute, minutes_in
from projections.waitroom.places import QueueQueries
from projections.waitroom.queue import QueueOverview, QueuePlace, user_score

SCANNED_AT_ONCE = 2_000
"""Entries that one question looks through for those that it asks for: a few milliseconds."""

LIST_ROOMS = f"""
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local prefix, after, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local from = after ~= '' and '(' .. after or '[' .. prefix
local upto = '[' .. prefix .. '\\255'
local names = redis.call(
    'ZRANGEBYLEX', live .. ':rooms', from, upto, 'LIMIT', 0, {SCANNED_AT_ONCE}
)
local found, last = {{}}, ''
for i, name in ipairs(names) do
    local key = live .. ':waitroom:' .. name
    local status = redis.call('HGET', key .. ':room', 'status') or 'open'
    local paused = redis.call('HGET', key .. ':room', 'paused') or ''
    if paused ~= '1' then paused = '0' end
    if (ARGV[4] == '' or ARGV[4] == status) and (ARGV[5] == '' or ARGV[5] == paused) then
        found[#found + 1] = {{
            name,
            redis.call('HGETALL', key .. ':room'),
            redis.call('ZCARD', key .. ':queue'),
            redis.call('ZCARD', key .. ':admitted')
        }}
    end
    if #found == limit or i == {SCANNED_AT_ONCE} then
        last = name
        break
    end
end
return {{found, last}}
"""

LIST_SESSIONS = f"""{FOLLOWING}
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local room = live .. ':waitroom:' .. ARGV[1]
if redis.call('EXISTS', room .. ':room') == 0 then return {{}} end
local key, score, member = room .. ':' .. ARGV[2], ARGV[3], ARGV[4]
local limit, status, low, high = tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8]
local start
if member == '' then start = redis.call('ZCOUNT', key, '-inf', '(' .. low)
else start = following(key, score, member) end
local entries = redis.call('ZRANGE', key, start, start + {SCANNED_AT_ONCE} - 1, 'WITHSCORES')
local found, last = {{}}, {{}}
for i = 1, #entries, 2 do
    if high ~= '+inf' and tonumber(entries[i + 1]) > tonumber(high) then break end
    local session = live .. ':sessions:' .. entries[i]
    if status == '' or redis.call('HGET', session, 'status') == status then
        local rank = redis.call('ZRANK', room .. ':queue', entries[i])
        found[#found + 1] = {{redis.call('HGETALL', session), rank}}
    end
    if #found == limit or i + 1 == 2 * {SCANNED_AT_ONCE} then
        last = {{entries[i + 1], entries[i]}}
        break
    end
end
return {{found, last}}
"""

_find_cursor = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e\+?[0-9]+)?)/(.+)", re.DOTALL).fullmatch
"""A score as Redis writes one, and a session."""

APPEARANCE = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local room = live .. ':waitroom:' .. ARGV[1] .. ':room'
return {redis.call('EXISTS', room), redis.call('HGET', room, 'appearance') or ''}
"""

MINUTES = """
local live = redis.call('GET', KEYS[1])
if not live then return nil end
local room = live .. ':waitroom:' .. ARGV[1]
if redis.call('EXISTS', room .. ':room') == 0 then return {} end
local hours = redis.call('ZREVRANGE', room .. ':hours', 0, ARGV[2] - 1)
local found = {}
for i, hour in ipairs(hours) do
    found[i] = redis.call('HGETALL', room .. ':' .. hour .. ':minutes')
end
return {found}
"""


class ListedRooms(msgspec.Struct, frozen=True, kw_only=True):
    """Rooms by name; with `after`, the next page begins."""

    rooms: list[QueueOverview]
    after: str | None = None


class ListedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of a room; with `after`, the next page begins. A page may be short of its limit."""

    sessions: list[QueuePlace]
    after: str | None = None


class RoomMinutes(msgspec.Struct, frozen=True, kw_only=True):
    """The minutes of a room in which anything happened, the latest first."""

    event_id: str
    minutes: list[Minute]


class RoomQueries(QueueQueries):
    """Reads rooms as an operator does. Raises `ReadModelMissing`."""

    async def rooms(
        self,
        *,
        prefix: str = "",
        status: str | None = None,
        paused: bool | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> ListedRooms:
        """The rooms whose names begin so, by name; archived ones are not kept."""
        flag = "" if paused is None else str(int(paused))
        script = self._script(LIST_ROOMS)
        answer = await self._query(script, prefix, after or "", limit, status or "", flag)
        found, last = answer
        assert isinstance(found, list)
        rooms = [self._room(*each) for each in found]
        return ListedRooms(rooms=rooms, after=str(last) or None)

    async def sessions(
        self,
        event_id: str,
        *,
        status: Status | None = None,
        user_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> ListedSessions | None:
        """Sessions of a room, or None where there is no room.

        Those who wait come in the order of the line, those who check out by deadline, all others
        in the order in which they joined. Raises `InvalidCursor`.
        """
        low, high = "-inf", "+inf"
        kept = {"waiting": "queue", "ready": "admitted"}.get(status or "", "sessions")
        if user_id is not None:
            kept, low = "users", str(user_score(user_id))
            high = low
        cursor = _cursor_in(after)
        script = self._script(LIST_SESSIONS)
        answer = await self._query(script, event_id, kept, *cursor, limit, status or "", low, high)
        if not answer:
            return None
        found, last = answer
        assert isinstance(found, list)
        places = [self._place(*each) for each in found]
        return ListedSessions(
            sessions=[each for each in places if user_id in (None, each.user_id)],
            after="/".join(last) if isinstance(last, list) and last else None,
        )

    async def minutes(self, event_id: str, most: int = 60) -> RoomMinutes | None:
        """The latest minutes in which anything happened, or None where there is no room."""
        answer = await self._query(self._script(MINUTES), event_id, most // HOUR_MINUTES + 2)
        if not answer:
            return None
        (hours,) = answer
        assert isinstance(hours, list)
        hashes = [dict(zip(flat[::2], flat[1::2], strict=True)) for flat in hours]
        return RoomMinutes(event_id=event_id, minutes=minutes_in(hashes, most))

    async def appearance(self, event_id: str) -> Appearance | None:
        """How a room looks to visitors, or None where there is no room."""
        there, told = await self._query(self._script(APPEARANCE), event_id)
        if not there:
            return None
        return msgspec.json.decode(str(told), type=Appearance) if told else Appearance()


def _cursor_in(after: str | None) -> Sequence[str]:
    if after is None:
        return "", ""
    cursor = _find_cursor(after)
    if cursor is None:
        raise InvalidCursor(f"{after!r} is not from a page of this list.")
    return cursor.groups()
