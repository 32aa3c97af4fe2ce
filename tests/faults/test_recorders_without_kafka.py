"""Kafka does not answer an application of the eventsourcing library for a while."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from application.topics import Topic
from infra.eventlog.recorders.blocking import BlockingLog
from infra.eventlog.recorders.recorders import KafkaApplicationRecorder
from infra.kafka.topics import create
from infra.stack.waiting import wait_for
from tests.conftest import Hall
from tests.people import a_name, pid_of

STOP_SECONDS = 30
"""A busy machine takes a moment to stop all of Kafka's threads."""

OPEN_SECONDS = 60


@contextmanager
def frozen_kafka(servers: Hall) -> Iterator[None]:
    pid = pid_of(servers, "kafka")
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(
            lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED,
            seconds=STOP_SECONDS,
            otherwise=lambda: "Kafka goes on",
        )
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def has_opened(log: BlockingLog) -> bool:
    """Whether it is open; the patience of a hasty one may be over before a new topic is known."""
    try:
        log.open()
    except OperationalError:
        return False
    return True


@pytest.fixture
def open_recorder(servers: Hall) -> Iterator[Callable[[float], KafkaApplicationRecorder]]:
    name, opened = a_name("away"), list[BlockingLog]()
    create(servers.kafka, [Topic(f"{name}-log", 1, "log")], 1)

    def open_recorder(seconds: float) -> KafkaApplicationRecorder:
        log = BlockingLog(servers.kafka, name, seconds=seconds, most_bytes=1_000_000)
        opened.append(log)
        wait_for(
            lambda: has_opened(log), seconds=OPEN_SECONDS, otherwise=lambda: f"{name} is not read"
        )
        return KafkaApplicationRecorder(log)

    yield open_recorder
    for log in opened:
        log.close()


def event(version: int) -> StoredEvent:
    return StoredEvent("account", version, "made", b"{}")


@pytest.mark.parametrize("away", [2, 7], ids=["shortly", "until records time out"])
def test_what_was_stored_meanwhile_is_stored_once_and_who_cannot_wait_is_told(
    servers: Hall, open_recorder: Callable[[float], KafkaApplicationRecorder], away: float
) -> None:
    patient, hasty = open_recorder(60), open_recorder(0.5)
    patient.insert_events([event(1)])
    with ThreadPoolExecutor(5) as threads:
        with frozen_kafka(servers):
            stored = [threads.submit(patient.insert_events, [event(v)]) for v in range(2, 7)]
            until = time.monotonic() + away
            while time.monotonic() < until:
                with pytest.raises(OperationalError):
                    hasty.select_events("account")
            assert not any(each.done() for each in stored)
        ids = [each.result() for each in stored]
    assert sorted(id for (id,) in ids) == [2, 3, 4, 5, 6]
    found = patient.select_events("account")
    assert sorted(each.originator_version for each in found) == [1, 2, 3, 4, 5, 6]
