"""An outbox: what the public topics tell of a feature's events, and in which words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from application.topics import Topic
from domain.events import DomainEvent


class Outgoing(NamedTuple):
    """A record for a public topic."""

    topic: str
    key: str
    value: bytes


class Outbox(NamedTuple):
    """Public topics, and what they are told of an event, if anything; `publish` is pure."""

    topics: Sequence[Topic]
    publish: Callable[[DomainEvent], Outgoing | None]
