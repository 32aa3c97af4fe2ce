"""`waitroom`: who stands where in every waiting room, in Redis.

Keys, each behind the generation's name (see `projections.generations`):

- `sessions:{session_id}`: hash of a session's facts; it stays when the session is over. A name
  stands there as it does in the log, sealed.
- `waitroom:{event_id}:queue`: sorted set of waiting sessions, the head of the line first.
- `waitroom:{event_id}:admitted`: sorted set of ready sessions by deadline, in unix seconds.
- `waitroom:{event_id}:sessions`: sorted set of all sessions by when they joined, in unix seconds.
- `waitroom:{event_id}:users`: sorted set of all sessions by a number made of the user.
- `waitroom:{event_id}:room`: hash of capacity, checkout_seconds, status, paused, appearance (JSON),
  absent_seconds, redeems and how many joined, completed, failed, expired, left, were removed,
  dismissed, dropped, or completed late. How many wait and are ready is the size of the sorted sets.
- `waitroom:{event_id}:{hour}:minutes`: hash of what happened in an hour, counted by
  `minute:what` (see `minutes`); `waitroom:{event_id}:hours`: sorted set of those hours.
- `waitroom:{event_id}:missed`: sorted set of sessions that nobody has seen, by when they were told.
- `attended`: sorted set of the event_ids of rooms that drop whom nobody sees, by name.
- `rooms`: sorted set of every event_id, by name.

A room that is archived takes all of its keys with it: they are deleted by the events that say so.

What a key is for stands at its end, so that no event_id can be mistaken for another key.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
from redis.client import Pipeline

from domain.events import DomainEvent, Recorded
from domain.waitroom.absence import (
    PresenceRequired,
    SessionDropped,
    SessionMissed,
    SessionReturned,
)
from domain.waitroom.commands import RoomStatus, Status
from domain.waitroom.events import (
    CheckoutCompleted,
    CheckoutCompletedLate,
    CheckoutExpired,
    CheckoutExtended,
    CheckoutFailed,
    PassRedeemed,
    SessionAdmitted,
    SessionDismissed,
    SessionRemoved,
    WaitroomArchived,
    WaitroomChanged,
    WaitroomClosed,
    WaitroomDescribed,
    WaitroomJoined,
    WaitroomLeft,
    WaitroomOpened,
    WaitroomPaused,
    WaitroomReopened,
    WaitroomResumed,
)
from projections.waitroom.minutes import MinuteChanges

NAME = "waitroom"
HIGHEST_PRIORITY = 100
TICKET_BITS = 45
DELETED_AT_ONCE = 2_000

ENDS: dict[type[DomainEvent], Status] = {
    WaitroomLeft: "left",
    CheckoutCompleted: "completed",
    CheckoutFailed: "failed",
    CheckoutExpired: "expired",
    SessionRemoved: "removed",
    SessionDismissed: "dismissed",
    SessionDropped: "dropped",
}


class QueuePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A session's place: `position` 1 is the head of the line, 0 is no longer in line.

    `redeemed_at` is when the shop let its holder in, if it takes passes.
    """

    session_id: str
    event_id: str
    user_id: str
    status: Status
    priority: int
    ticket: int
    position: int
    people_ahead: int
    joined_at: datetime
    deadline: datetime | None = None
    redeemed_at: datetime | None = None
    display_name: str | None = None


class QueueOverview(msgspec.Struct, frozen=True, kw_only=True):
    """A room and how many sessions are where; `late` are the purchases that had expired."""

    event_id: str
    capacity: int
    checkout_seconds: float
    joined: int = 0
    waiting: int = 0
    ready: int = 0
    completed: int = 0
    failed: int = 0
    expired: int = 0
    left: int = 0
    status: RoomStatus = "open"
    paused: bool = False
    removed: int = 0
    dismissed: int = 0
    late: int = 0
    dropped: int = 0
    absent_seconds: float | None = None
    redeems: bool = False


def score(priority: int, ticket: int) -> int:
    """Orders a line: higher priority first, then the earlier ticket; exact as a double."""
    return (HIGHEST_PRIORITY - priority << TICKET_BITS) + ticket


class Queue:
    """The projection."""

    name = NAME
    handles: tuple[type[DomainEvent], ...] = (
        WaitroomOpened,
        WaitroomJoined,
        SessionAdmitted,
        PassRedeemed,
        CheckoutExtended,
        CheckoutCompletedLate,
        SessionMissed,
        SessionReturned,
        *ENDS,
        PresenceRequired,
        WaitroomChanged,
        WaitroomPaused,
        WaitroomResumed,
        WaitroomClosed,
        WaitroomReopened,
        WaitroomDescribed,
        WaitroomArchived,
    )

    def fold(self, events: Sequence[Recorded]) -> "QueueChanges":
        """What these events do, as the fewest commands."""
        changes = QueueChanges()
        for recorded in events:
            changes.take(recorded.event)
        return changes


Facts = dict[Any, str | int | float]
"""Fields of a hash; redis-py wants their names invariant in a union that no dict has."""


HANDLED = frozenset(Queue.handles)


class RoomChanges(msgspec.Struct):
    """Changes of one room; a score of None takes a session out of a sorted set.

    `missed` are those after whoever was missed before, all of whom come back with `all_returned`.
    `archived` is how many of the oldest sessions go, and whether the room goes with them.
    """

    facts: Facts = {}
    counts: dict[str, int] = msgspec.field(default_factory=lambda: defaultdict(int))
    queue: dict[str, int | None] = {}
    admitted: dict[str, float | None] = {}
    joined: dict[str, float | None] = {}
    users: dict[str, int | None] = {}
    missed: dict[str, float | None] = {}
    all_returned: bool = False
    minutes: MinuteChanges = msgspec.field(default_factory=MinuteChanges)
    archived: int = 0
    is_gone: bool = False


class QueueChanges:
    """What some events do to the queue: the last word on every key that they touch."""

    def __init__(self) -> None:
        self.rooms: dict[str, RoomChanges] = defaultdict(RoomChanges)
        self.sessions: dict[str, Facts] = defaultdict(dict)

    def take(self, event: DomainEvent) -> None:
        """Fold one more event in."""
        if type(event) not in HANDLED:
            return
        room = self.rooms[event.originator_id]
        room.minutes.take(event, ENDS.get(type(event)))
        match event:
            case WaitroomJoined():
                self._join(event, room)
            case SessionAdmitted():
                self._admit(event, room)
            case PassRedeemed() | CheckoutExtended() | CheckoutCompletedLate():
                self._change(event, room)
            case SessionMissed() | SessionReturned():
                is_missed = isinstance(event, SessionMissed)
                room.missed[event.session_id] = event.timestamp.timestamp() if is_missed else None
            case WaitroomArchived(sessions=sessions, left=left):
                room.archived += sessions
                room.is_gone = left == 0
            case _ if (status := ENDS.get(type(event))) is not None:
                self._end(getattr(event, "session_id", ""), status, room)
            case _:
                _set_facts(event, room)

    def _join(self, event: WaitroomJoined, room: RoomChanges) -> None:
        room.counts["joined"] += 1
        room.queue[event.session_id] = score(event.priority, event.ticket)
        room.joined[event.session_id] = event.timestamp.timestamp()
        room.users[event.session_id] = user_score(event.user_id)
        self.sessions[event.session_id] = {
            "session_id": event.session_id,
            "event_id": event.originator_id,
            "user_id": event.user_id,
            "status": "waiting",
            "priority": event.priority,
            "ticket": event.ticket,
            "joined_at": event.timestamp.isoformat(),
        }
        if event.display_name is not None:
            name = msgspec.json.encode(event.display_name).decode()
            self.sessions[event.session_id]["display_name"] = name

    def _admit(self, event: SessionAdmitted, room: RoomChanges) -> None:
        room.queue[event.session_id] = room.missed[event.session_id] = None
        room.admitted[event.session_id] = event.deadline.timestamp()
        self.sessions[event.session_id] |= {
            "status": "ready",
            "deadline": event.deadline.isoformat(),
        }

    def _change(
        self, event: PassRedeemed | CheckoutExtended | CheckoutCompletedLate, room: RoomChanges
    ) -> None:
        session = self.sessions[event.session_id]
        match event:
            case PassRedeemed():
                session["redeemed_at"] = event.timestamp.isoformat()
                room.missed[event.session_id] = None
            case CheckoutExtended(deadline=deadline):
                room.admitted[event.session_id] = deadline.timestamp()
                session["deadline"] = deadline.isoformat()
            case CheckoutCompletedLate():
                session["status"] = "completed"
                for what, by in (("expired", -1), ("completed", 1), ("late", 1)):
                    room.counts[what] += by

    def _end(self, session_id: str, status: Status, room: RoomChanges) -> None:
        room.counts[status] += 1
        room.queue[session_id] = room.admitted[session_id] = room.missed[session_id] = None
        # An empty deadline is none: it spares every session that ends a command of its own.
        self.sessions[session_id] |= {"status": status, "deadline": ""}

    def write(self, pipeline: Pipeline, generation: str) -> None:
        """Queue the commands."""
        for session_id, facts in self.sessions.items():
            pipeline.hset(f"{generation}:sessions:{session_id}", mapping=facts)
        for event_id, room in self.rooms.items():
            key = f"{generation}:waitroom:{event_id}"
            if room.facts:
                pipeline.zadd(f"{generation}:rooms", {event_id: 0})
                pipeline.hset(f"{key}:room", mapping=room.facts)
            for status, count in room.counts.items():
                pipeline.hincrby(f"{key}:room", status, count)
            _write_sorted_set(pipeline, f"{key}:queue", room.queue)
            _write_sorted_set(pipeline, f"{key}:admitted", room.admitted)
            _write_sorted_set(pipeline, f"{key}:sessions", room.joined)
            _write_sorted_set(pipeline, f"{key}:users", room.users)
            if room.all_returned:
                pipeline.unlink(f"{key}:missed")
            _write_sorted_set(pipeline, f"{key}:missed", room.missed)
            if "absent_seconds" in room.facts:
                attended = {event_id: None if room.facts["absent_seconds"] == "" else 0}
                _write_sorted_set(pipeline, f"{generation}:attended", attended)
            room.minutes.write(pipeline, key)
            _archive(pipeline, room, generation, event_id)


def _archive(pipeline: Pipeline, room: RoomChanges, generation: str, event_id: str) -> None:
    """Delete in parts: a script that goes on for seconds makes Redis refuse everybody else."""
    for first in range(0, room.archived, DELETED_AT_ONCE):
        sessions = min(DELETED_AT_ONCE, room.archived - first)
        pipeline.eval(ARCHIVE, 0, generation, event_id, sessions, 0)
    if room.is_gone:
        pipeline.eval(ARCHIVE, 0, generation, event_id, 0, 1)


def _set_facts(event: DomainEvent, room: RoomChanges) -> None:
    room.facts |= _facts_of(event)
    if isinstance(event, PresenceRequired):
        room.all_returned, room.missed = True, {}


def _facts_of(event: DomainEvent) -> Facts:
    facts: Facts = {}
    match event:
        case WaitroomOpened() | WaitroomChanged():
            facts = {"capacity": event.capacity, "checkout_seconds": event.checkout_seconds}
        case WaitroomPaused() | WaitroomResumed():
            facts = {"paused": int(isinstance(event, WaitroomPaused))}
        case WaitroomClosed() | WaitroomReopened():
            facts = {"status": "closed" if isinstance(event, WaitroomClosed) else "open"}
        case PresenceRequired(absent_seconds=seconds, redeems=redeems):
            facts = {"absent_seconds": "" if seconds is None else seconds, "redeems": int(redeems)}
        case WaitroomDescribed(appearance=appearance):
            facts = {"appearance": msgspec.json.encode(appearance).decode()}
    return facts


def user_score(user_id: str) -> int:
    """Where a user's sessions stand in the index of users: a number that few share, if any."""
    return crc32(user_id.encode())


def _write_sorted_set(
    pipeline: Pipeline, key: str, members: dict[str, int | None] | dict[str, float | None]
) -> None:
    if there := {member: score for member, score in members.items() if score is not None}:
        pipeline.zadd(key, there)
    if gone := [member for member, score in members.items() if score is None]:
        pipeline.zrem(key, *gone)


ARCHIVE = """
local generation, event, count, is_gone = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1'
local room = generation .. ':waitroom:' .. event
if count > 0 then
    for _, id in ipairs(redis.call('ZRANGE', room .. ':sessions', 0, count - 1)) do
        redis.call('UNLINK', generation .. ':sessions:' .. id)
        redis.call('ZREM', room .. ':users', id)
    end
    redis.call('ZREMRANGEBYRANK', room .. ':sessions', 0, count - 1)
end
if is_gone then
    for _, hour in ipairs(redis.call('ZRANGE', room .. ':hours', 0, -1)) do
        redis.call('UNLINK', room .. ':' .. hour .. ':minutes')
    end
    for _, kind in ipairs({'room', 'queue', 'admitted', 'sessions', 'users', 'hours', 'missed'}) do
        redis.call('UNLINK', room .. ':' .. kind)
    end
    redis.call('ZREM', generation .. ':rooms', event)
    redis.call('ZREM', generation .. ':attended', event)
end
"""
"""Deletes the oldest sessions of a room, and at last the room."""
