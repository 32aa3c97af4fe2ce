"""Every test of the library finds Kafka in its environment, and topics that nobody has used."""

import os
import uuid
from collections.abc import Iterator

import pytest
from eventsourcing.utils import Environment

from infra.eventlog.persistence import KafkaFactory
from infra.eventlog.recorders import shared
from tests.conftest import Hall


def factory() -> KafkaFactory:
    """A factory as an application would make it."""
    return KafkaFactory(Environment("library", dict(os.environ)))


@pytest.fixture(autouse=True)
def on_kafka(servers: Hall, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PERSISTENCE_MODULE", "infra.eventlog.persistence")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", servers.kafka)
    monkeypatch.setenv("KAFKA_TOPIC_PREFIX", f"test-{uuid.uuid4().hex[:8]}-")
    yield
    for log in list(shared._users):  # the library's cases do not close what they open
        log.close()
    shared._users.clear()
    shared._open.clear()
