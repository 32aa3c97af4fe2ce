"""What happened in a room minute by minute: how often what, and how long people had waited.

Waits lie in classes, each a tenth wider than the one before it, so that a percentile is at most a
tenth too high. An hour of minutes is a hash; a room keeps `KEPT_HOURS` of them.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import msgspec
from redis.client import Pipeline

from domain.events import DomainEvent
from domain.waitroom.events import CheckoutCompletedLate, SessionAdmitted, WaitroomJoined

KEPT_HOURS = 24
SHORTEST_WAIT_S = 0.1
CLASS_WIDTH = 1.1
MINUTE_S, HOUR_MINUTES = 60, 60
COUNTED_AT_ONCE = 2_000
"""By one script: one that goes on for seconds makes Redis refuse everybody else."""

COUNT = f"""
local room, newest, counts = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local function count(minute, what, by)
    local hour = math.floor(minute / {HOUR_MINUTES})
    redis.call('HINCRBY', room .. ':' .. hour .. ':minutes', minute .. ':' .. what, by)
    redis.call('ZADD', room .. ':hours', hour, hour)
end
for i = 4, 3 * counts + 1, 3 do count(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
for i = 3 * counts + 4, #ARGV, 3 do
    local joined = redis.call('ZSCORE', room .. ':sessions', ARGV[i + 1])
    if joined then
        local class, edge = 0, {SHORTEST_WAIT_S}
        local wait = tonumber(ARGV[i + 2]) - tonumber(joined)
        while wait > edge do class, edge = class + 1, edge * {CLASS_WIDTH} end
        count(ARGV[i], 'wait-' .. class, 1)
    end
end
local old = redis.call('ZRANGEBYSCORE', room .. ':hours', '-inf', newest - {KEPT_HOURS})
for _, hour in ipairs(old) do
    redis.call('UNLINK', room .. ':' .. hour .. ':minutes')
    redis.call('ZREM', room .. ':hours', hour)
end
"""
"""Counts what happened, and how long those who were admitted had waited; forgets old hours."""


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """A minute of a room: how many joined and were admitted, and how sessions ended.

    `late` are the purchases that counted though they had expired; they are no `completed` of this
    minute. Waits are those of who was admitted in it, in seconds, at most a tenth too high.
    """

    minute: datetime
    joined: int = 0
    admitted: int = 0
    completed: int = 0
    failed: int = 0
    expired: int = 0
    left: int = 0
    removed: int = 0
    dismissed: int = 0
    dropped: int = 0
    late: int = 0
    wait_p50: float | None = None
    wait_p90: float | None = None
    wait_p99: float | None = None


class MinuteChanges:
    """What some events add to the minutes of a room."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str], int] = defaultdict(int)
        self._waits: list[tuple[int, str, float]] = []

    def take(self, event: DomainEvent, ended: str | None) -> None:
        """Count an event; `ended` is how a session has, if one has."""
        minute = int(event.timestamp.timestamp()) // MINUTE_S
        match event:
            case WaitroomJoined():
                self._counts[minute, "joined"] += 1
            case SessionAdmitted(session_id=session_id):
                self._counts[minute, "admitted"] += 1
                self._waits.append((minute, session_id, event.timestamp.timestamp()))
            case CheckoutCompletedLate():
                self._counts[minute, "late"] += 1
            case _ if ended is not None:
                self._counts[minute, ended] += 1

    def write(self, pipeline: Pipeline, room: str) -> None:
        """Queue the commands, behind those that say when each session joined."""
        if not self._counts:
            return
        newest = max(minute for minute, _ in self._counts) // HOUR_MINUTES
        counts = [(minute, what, by) for (minute, what), by in self._counts.items()]
        waits = [(minute, id, repr(at)) for minute, id, at in self._waits]  # to the last digit
        entries: list[tuple[Any, ...]] = [*counts, *waits]
        for first in range(0, len(entries), COUNTED_AT_ONCE):
            some = entries[first : first + COUNTED_AT_ONCE]
            counted = min(max(len(counts) - first, 0), len(some))
            pipeline.eval(COUNT, 0, room, newest, counted, *chain.from_iterable(some))


def minutes_in(hashes: Sequence[Mapping[str, str]], most: int) -> list[Minute]:
    """The latest minutes in which anything happened, the latest first."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for fields in hashes:
        for field, count in fields.items():
            minute, _, what = field.partition(":")
            found[int(minute)][what] = int(count)
    return [_minute(number, found[number]) for number in sorted(found, reverse=True)[:most]]


def _minute(number: int, counts: Mapping[str, int]) -> Minute:
    waits = sorted(
        (int(what.removeprefix("wait-")), count)
        for what, count in counts.items()
        if what.startswith("wait-")
    )
    told: dict[str, Any] = {what: n for what, n in counts.items() if not what.startswith("wait-")}
    percentiles = {f"wait_p{share}": _percentile(waits, share) for share in (50, 90, 99)}
    moment = datetime.fromtimestamp(number * MINUTE_S, UTC)
    return msgspec.convert({"minute": moment, **told, **percentiles}, Minute)


def _percentile(waits: Sequence[tuple[int, int]], share: int) -> float | None:
    """The upper edge of the class in which so many percent of the waits are reached."""
    rank = math.ceil(sum(count for _, count in waits) * share / 100)
    for number, count in waits:
        rank -= count
        if rank <= 0:
            return round(SHORTEST_WAIT_S * CLASS_WIDTH**number, 3) if number else 0.0
    return None
