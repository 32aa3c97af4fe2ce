"""Who is absent: what can be asked of a room about it, and what can happen."""

from typing import Annotated

import msgspec

from domain.events import DomainEvent
from domain.keys import Key
from domain.personal import PersonId, ThingId
from domain.refusals import Refusal
from domain.waitroom.commands import WaitroomCommand
from domain.waitroom.orders import Order

AbsentSeconds = Annotated[float, msgspec.Meta(ge=10, le=3_600)]


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """How long nobody may see a session before it is told, and then before it loses its place.

    Where the shop `redeems` passes, that holds too of who is admitted and has not come to it.
    """

    absent_seconds: float
    redeems: bool


class RequirePresence(Order, frozen=True, kw_only=True, tag="waitroom.require-presence"):
    """Let places be lost by absence, or with None by nothing but leaving, as at first."""

    absent_seconds: AbsentSeconds | None
    redeems: bool = False


class TellAbsentee(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.tell-absentee"):
    """Nobody has seen a session for the time that the room allows."""

    session_id: Key


class NoteReturn(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.note-return"):
    """Somebody has seen a session that was missed."""

    session_id: Key


class DropAbsentee(WaitroomCommand, frozen=True, kw_only=True, tag="waitroom.drop-absentee"):
    """Nobody has seen a session since it was told so, for the same time again."""

    session_id: Key


class PresenceRequired(DomainEvent, frozen=True, kw_only=True, tag="waitroom.presence-required.v1"):
    """From now on places are lost by absence, or with None not any more; nobody is missed yet."""

    absent_seconds: float | None
    redeems: bool
    by: PersonId


class SessionMissed(DomainEvent, frozen=True, kw_only=True, tag="waitroom.missed.v1"):
    """Nobody has seen the session for a while: it is about to lose its place or slot."""

    session_id: ThingId
    user_id: PersonId


class SessionReturned(DomainEvent, frozen=True, kw_only=True, tag="waitroom.returned.v1"):
    """Somebody has seen a session that was missed, and it keeps what it has."""

    session_id: ThingId
    user_id: PersonId


class SessionDropped(DomainEvent, frozen=True, kw_only=True, tag="waitroom.dropped.v1"):
    """The session was missed, did not come back, and has lost its place or slot."""

    session_id: ThingId
    user_id: PersonId


class PresenceNotRequired(Refusal, type="presence-not-required"):
    """Nobody loses anything by absence in this room, or not in this state."""


class NotMissed(Refusal, type="not-missed"):
    """The session has not been told that it is missed."""
