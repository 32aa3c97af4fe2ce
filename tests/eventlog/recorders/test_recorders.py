"""What recorders do beyond the library's own cases."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer
from eventsourcing.persistence import (
    DataError,
    InterfaceError,
    OperationalError,
    StoredEvent,
    Tracking,
    WaitInterruptedError,
)

from infra.eventlog.recorders.ledger import MOST_RECORD_BYTES
from infra.eventlog.recorders.recorders import KafkaProcessRecorder
from infra.kafka.clients import connection
from infra.kafka.records import consume
from tests.conftest import Hall
from tests.eventlog.recorders.conftest import Open

ID = uuid4()


def event(version: int = 1, id: UUID | str = ID, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(id, version, f"topic{version % 3}", state)


def test_ids_and_states_come_back_as_what_they_were(open_log: Open) -> None:
    stored = [event(id=uuid4()), event(id="Zoë/7"), event(id=uuid4(), state=bytes(range(256)))]
    first, second = KafkaProcessRecorder(open_log()), KafkaProcessRecorder(open_log())
    first.insert_events(stored)
    for recorder in (first, second):
        for each in stored:
            assert recorder.select_events(each.originator_id) == [each]
        found = recorder.select_notifications(1, 10)
        assert [each.originator_id for each in found] == [each.originator_id for each in stored]


def test_people_can_read_the_topic(servers: Hall, name: str, open_log: Open) -> None:
    KafkaProcessRecorder(open_log()).insert_events(
        [event(state=b'{"amount":1}')], tracking=Tracking("upstream", 7)
    )
    claim, commit = consume(servers.kafka, f"{name}-log", limit=None, follow=False)
    assert json.loads(claim.value or "")["record"] == "claim"
    tracked, stored = json.loads(commit.value or "")["events"]
    assert (tracked["type"], tracked["originator_id"]) == ("eventsourcing.tracked.v1", "upstream")
    assert (stored["type"], stored["originator_id"]) == ("eventsourcing.stored.v1", str(ID))


def test_what_is_not_in_memory_is_fetched(open_log: Open) -> None:
    writer = KafkaProcessRecorder(open_log())
    others = [f"other-{number}" for number in range(30)]
    for version in range(1, 41):
        writer.insert_events([event(version), *(event(version, id) for id in others)])
    reader = KafkaProcessRecorder(open_log(most_bytes=0))
    assert reader.select_events(ID) == writer.select_events(ID)
    assert reader.select_events(ID, gt=3, lte=30, desc=True, limit=4) == [
        event(version) for version in (30, 29, 28, 27)
    ]
    whole = writer.select_notifications(1, 10_000)
    assert len(whole) == 40 * 31
    assert reader.select_notifications(1, 10_000) == whole
    assert (
        reader.select_notifications(600, 7, topics=["topic2"])
        == [each for each in whole if each.id >= 600 and each.topic == "topic2"][:7]
    )
    with reader.subscribe(gt=100) as subscription:
        assert [next(subscription) for _ in range(1_000)] == whole[100:1_100]
    assert reader._log._payloads._bytes == 0


def test_memory_for_events_is_bounded(open_log: Open) -> None:
    recorder = KafkaProcessRecorder(open_log(most_bytes=20_000))
    for version in range(1, 101):
        recorder.insert_events([event(version, state=b"x" * 1_000)])
    assert recorder._log._payloads._bytes <= 20_000
    assert len(recorder.select_events(ID)) == 100
    assert recorder._log._payloads._bytes <= 20_000


def test_a_batch_that_no_record_holds_is_refused(open_log: Open) -> None:
    recorder = KafkaProcessRecorder(open_log())
    with pytest.raises(DataError, match="smaller batches"):
        recorder.insert_events([event(state=b"x" * MOST_RECORD_BYTES)])
    assert recorder.select_events(ID) == []
    nearly = event(state=b"x" * (MOST_RECORD_BYTES // 4 * 3 - 1_000))
    recorder.insert_events([nearly])
    assert recorder.select_events(ID) == [nearly]


def test_a_subscriber_in_another_process_is_told(open_log: Open) -> None:
    writer, reader = KafkaProcessRecorder(open_log()), KafkaProcessRecorder(open_log())
    with reader.subscribe(topics=["topic1"]) as subscription, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(lambda: [next(subscription).id for _ in range(3)])
        for version in range(1, 8):
            writer.insert_events([event(version)])
        assert waiting.result(10) == [1, 4, 7]


def test_a_subscriber_that_is_stopped_waits_no_longer(open_log: Open) -> None:
    recorder = KafkaProcessRecorder(open_log())
    with recorder.subscribe() as subscription, ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(list, subscription)
        subscription.stop()
        assert waiting.result(10) == []


def test_a_wait_ends_when_another_process_has_tracked_it_and_asks_kafka_once(
    open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = KafkaProcessRecorder(open_log()), KafkaProcessRecorder(open_log())
    questions: list[object] = []
    catch_up = reader._log.catch_up
    monkeypatch.setattr(reader._log, "catch_up", lambda: questions.append(catch_up()))
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(reader.wait, "upstream", 3, timeout=60)
        for id in range(1, 4):
            assert not waiting.done()
            writer.insert_tracking(Tracking("upstream", id))
        waiting.result(10)
    assert len(questions) == 1


def test_a_wait_can_be_interrupted(open_log: Open) -> None:
    recorder = KafkaProcessRecorder(open_log())
    interrupt = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(recorder.wait, "upstream", 3, 60, interrupt)
        interrupt.set()
        with pytest.raises(WaitInterruptedError):
            waiting.result(10)


def test_closing_ends_all_waiting(open_log: Open) -> None:
    log = open_log()
    recorder = KafkaProcessRecorder(log)
    with ThreadPoolExecutor(2) as threads:
        following = threads.submit(next, recorder.subscribe())
        waiting = threads.submit(recorder.wait, "upstream", 3, 60)
        log.close()
        for each in (following, waiting):
            with pytest.raises(InterfaceError, match="closed"):
                each.result(10)
    for use in (
        lambda: recorder.insert_events([event()]),
        lambda: recorder.select_events(ID),
        recorder.max_notification_id,
    ):
        with pytest.raises(InterfaceError, match="closed"):
            use()


def test_what_a_newer_version_wrote_is_not_built_on(
    servers: Hall, name: str, open_log: Open
) -> None:
    recorder = KafkaProcessRecorder(open_log())
    recorder.insert_events([event()])
    newer = (
        b'{"record":"claim","epoch":2,"owner":"newer","url":""}',
        b'{"record":"commit","epoch":2,"owner":"newer","seq":1,"command_id":"x","metadata":{},'
        b'"events":[{"type":"eventsourcing.stored.v9","originator_id":"a",'
        b'"originator_version":2,"timestamp":"2026-11-01T12:00:00Z"}]}',
    )
    producer = Producer(connection(servers.kafka))
    for value in newer:
        producer.produce(f"{name}-log", value, partition=0)
    producer.flush()
    for use in (lambda: recorder.select_events(ID), lambda: recorder.insert_events([event(2)])):
        with pytest.raises(OperationalError, match="Run a version that can"):
            use()
    with pytest.raises(OperationalError, match="Run a version that can"):
        open_log()
