"""Several processes that store in one topic."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking

from infra.eventlog.recorders.blocking import BlockingLog
from infra.eventlog.recorders.recorders import KafkaProcessRecorder
from tests.eventlog.recorders.conftest import Open

ID = uuid4()


def event(version: int, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(ID, version, "made", state)


@contextmanager
def frozen(log: BlockingLog) -> Iterator[None]:
    """As if the process did not get the processor, while others do."""
    stopped, thaw = threading.Event(), threading.Event()

    def freeze() -> None:
        stopped.set()
        thaw.wait()

    log._loop.call_soon_threadsafe(freeze)
    stopped.wait()
    try:
        yield
    finally:
        thaw.set()


def test_what_one_has_stored_every_other_sees_at_once(open_log: Open) -> None:
    recorders = [KafkaProcessRecorder(open_log()) for _ in range(3)]
    for version in range(1, 13):
        ids = recorders[version % 3].insert_events(
            [event(version)], tracking=Tracking("upstream", version)
        )
        for recorder in recorders:
            assert len(recorder.select_events(ID)) == version
            assert recorder.select_events(ID, desc=True, limit=1) == [event(version)]
            assert [recorder.max_notification_id()] == ids
            assert recorder.max_tracking_id("upstream") == version


def test_who_only_reads_takes_nothing_from_anybody(open_log: Open) -> None:
    writer, reader = KafkaProcessRecorder(open_log()), KafkaProcessRecorder(open_log())
    for version in range(1, 5):
        writer.insert_events([event(version)])
        assert len(reader.select_events(ID)) == version
        assert len(reader.select_notifications(1, 10)) == version
    assert reader._log._log.shard.gate.epoch == 1


def test_many_threads_of_many_processes_take_turns(open_log: Open) -> None:
    recorders = [KafkaProcessRecorder(open_log()) for _ in range(3)]

    def insert(number: int) -> tuple[list[int], StoredEvent]:
        stored = StoredEvent(uuid4(), 1, "made", b"{}")
        again = StoredEvent(stored.originator_id, 2, "made", b"{}")
        return list(recorders[number % 3].insert_events([stored, again])), stored

    with ThreadPoolExecutor(12) as threads:
        inserted = list(threads.map(insert, range(300)))
    for recorder in recorders:
        found = recorder.select_notifications(1, 1_000)
        assert [each.id for each in found] == list(range(1, 601))
        for (first, second), stored in inserted:
            assert found[first - 1].originator_id == stored.originator_id
            assert second == first + 1


def test_of_those_who_race_for_a_version_one_wins(open_log: Open) -> None:
    recorders = [KafkaProcessRecorder(open_log()) for _ in range(3)]

    def race(number: int) -> int:
        won = 0
        for version in range(1, 21):
            try:
                recorders[number].insert_events([event(version, b"%d" % number)])
                won += 1
            except IntegrityError:
                pass
        return won

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(race, range(3))) == 20
    events = [recorder.select_events(ID) for recorder in recorders]
    assert [each.originator_version for each in events[0]] == list(range(1, 21))
    assert events[0] == events[1] == events[2]


def test_who_was_frozen_and_overtaken_reports_no_success(open_log: Open) -> None:
    first, second = KafkaProcessRecorder(open_log()), KafkaProcessRecorder(open_log())
    first.insert_events([event(1)])
    with ThreadPoolExecutor(2) as threads:
        with frozen(first._log):
            zombie = threads.submit(first.insert_events, [event(2, b"zombie")])
            second.insert_events([event(2, b"second")])
            looking = threads.submit(first.select_events, ID, gt=1)
        with pytest.raises(IntegrityError):
            zombie.result()
        assert looking.result() == [event(2, b"second")]
    first.insert_events([event(3)])
    assert [each.state for each in second.select_events(ID, gt=1)] == [b"second", b"{}"]


def test_what_was_sent_by_an_owner_that_has_lost_its_topic_is_stored_once(
    open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log()
    recorder = KafkaProcessRecorder(log)
    recorder.insert_events([event(1)])
    send, lost = log._log._log._send, list[int]()

    def send_and_lose(monotonic: float) -> None:
        send(monotonic)
        if log._log.shard.in_flight and not lost:
            lost.append(log._log.shard.in_flight)
            log._log.shard.start_over("a test says so")

    monkeypatch.setattr(log._log._log, "_send", send_and_lose)
    assert recorder.insert_events([event(2), event(3)]) == [2, 3]
    assert lost == [1]
    assert [each.originator_version for each in recorder.select_events(ID)] == [1, 2, 3]


def test_nobody_waits_for_ever_and_what_was_given_up_is_not_begun(
    open_log: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, log = KafkaProcessRecorder(open_log()), open_log()
    recorder = KafkaProcessRecorder(log)
    with frozen(log), monkeypatch.context() as hasty:
        hasty.setattr(log, "_seconds", 0.3)
        with pytest.raises(OperationalError, match="look before you store them again"):
            recorder.insert_events([event(1)])
        other.insert_events([event(1, b"other")])
        with pytest.raises(OperationalError, match="not to its end at 2"):
            recorder.select_events(ID)
    assert recorder.select_events(ID) == other.select_events(ID) == [event(1, b"other")]
