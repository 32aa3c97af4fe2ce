"""What recorders write to the log. The names and fields are permanent."""

from typing import Literal
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from domain.events import DomainEvent


class Stored(DomainEvent, frozen=True, kw_only=True, gc=False, tag="eventsourcing.stored.v1"):
    """An event of an application, as its mapper made it.

    `topic` and `state` are the library's: the class of the event, and its serialised, perhaps
    compressed and encrypted fields. `timestamp` is when it was recorded.
    """

    topic: str
    state: bytes
    id_type: Literal["uuid", "text"] = "uuid"

    def restored(self) -> StoredEvent:
        """The event as the library gave it to be stored."""
        return StoredEvent(self.id, self.originator_version, self.topic, self.state)

    def notified(self, id: int) -> Notification:
        """The event as the library passes it on, with its place among all."""
        return Notification(self.id, self.originator_version, self.topic, self.state, id)

    @property
    def id(self) -> UUID | str:
        """The originator's id, of the type that it had."""
        return UUID(self.originator_id) if self.id_type == "uuid" else self.originator_id


class Tracked(DomainEvent, frozen=True, kw_only=True, gc=False, tag="eventsourcing.tracked.v1"):
    """How far another application's events have been processed.

    `originator_id` is the name of that application, `originator_version` the id of the
    notification. In one commit with the events that came of processing it.
    """
