"""An outbox: what the public topics tell of a feature's events, and in which words."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from application.topics import Topic
from domain.events import DomainEvent


class Outgoing(NamedTuple):
    """A record for a public topic."""

    topic: str
    key: str
    value: bytes


Fields = Mapping[str, Sequence[str]]
"""The fields of messages, by what a message says in `event_type`; by nothing, where it has none."""


class Outbox(NamedTuple):
    """Public topics, and what one of them is told of an event, if anything; `publish` is pure.

    Outboxes have topics of their own, so several may tell of the same event.

    `tells` has the fields of the messages of each topic, for rules that stand on them.
    """

    topics: Sequence[Topic]
    publish: Callable[[DomainEvent], Outgoing | None]
    tells: Mapping[str, Fields]
