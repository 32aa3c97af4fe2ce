"""The page of topics and what is told on them."""

from collections.abc import Iterator
from typing import Any

import msgspec

from application.outbox import Outbox
from application.topics import Topic
from domain.categories import CATEGORIES
from domain.events import DomainEvent
from infra.kafka.topics import DAY_MS, settings_of
from interfaces.bootstrap import workers
from interfaces.bootstrap.topics import declared
from interfaces.http.app import FEATURES
from interfaces.http.platform.openapi import examples_of
from interfaces.settings import Settings
from tests.docs.reference.events import GOLDEN
from tests.docs.reference.text import table


def topics_table() -> Iterator[str]:
    """Every topic as `gamehall topics create` makes it by default."""
    yield from table(
        ["topic", "partitions", "kept", "key", "written by", "what it holds"],
        (
            (
                f"`{topic.name}`",
                topic.partitions,
                kept(settings_of(topic.kind, 1)),
                topic.key,
                topic.written_by,
                topic.holds,
            )
            for topic in declared(Settings.model_fields["log_partitions"].default)
        ),
    )


def kept(config: Any) -> str:
    """How long a topic's records are kept."""
    if config.get("cleanup.policy") == "compact":
        return "the newest of each key"
    milliseconds = int(config["retention.ms"])
    return "for ever" if milliseconds < 0 else f"{milliseconds // DAY_MS} days"


def public_messages() -> Iterator[str]:
    """What the relay makes of every golden sample."""
    for outbox in workers.declared("relay"):
        for topic in outbox.topics:
            yield from (f"### `{topic.name}`", "")
            for event, value in published(outbox, topic):
                yield from (f"Of `{event.wire_name()}`:", "", "```json", value, "```", "")


def published(outbox: Outbox, topic: Topic) -> Iterator[tuple[type[DomainEvent], str]]:
    """The golden samples that are told on a topic, and how."""
    for category in CATEGORIES:
        for event in category.evolvers:
            sample = (GOLDEN / f"{event.wire_name()}.json").read_bytes()
            outgoing = outbox.publish(msgspec.json.decode(sample, type=event))
            if outgoing is not None and outgoing.topic == topic.name:
                yield event, msgspec.json.format(outgoing.value, indent=2).decode()


def window_message() -> Iterator[str]:
    """What is told of a window of games, whose shape is that of the API."""
    example = msgspec.json.encode(dict(examples_of(FEATURES))["GameWindow"])
    yield from ("```json", msgspec.json.format(example, indent=2).decode(), "```")


WRITERS = {
    "topics": topics_table,
    "public-messages": public_messages,
    "window-message": window_message,
}
