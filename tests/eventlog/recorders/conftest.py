"""Topics of recorders on a real Kafka, and logs on them as several processes would have them."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from application.topics import Topic
from infra.eventlog.recorders.blocking import BlockingLog
from infra.kafka.topics import create
from tests.conftest import Hall

Open = Callable[..., BlockingLog]


@pytest.fixture
def name(servers: Hall) -> str:
    """A topic that nobody has used, without its `-log`."""
    name = f"test-{uuid.uuid4().hex[:8]}-events"
    create(servers.kafka, [Topic(f"{name}-log", 1, "log")], 1)
    return name


@pytest.fixture
def open_log(servers: Hall, name: str) -> Iterator[Open]:
    """Opens the topic, each time as another process would."""
    opened: list[BlockingLog] = []

    def open_log(seconds: float = 20, most_bytes: int = 1_000_000) -> BlockingLog:
        log = BlockingLog(servers.kafka, name, seconds=seconds, most_bytes=most_bytes)
        opened.append(log)
        log.open()
        return log

    yield open_log
    for log in opened:
        log.close()
