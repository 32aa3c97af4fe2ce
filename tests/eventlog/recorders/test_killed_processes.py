"""Processes that are killed or frozen while they store events: what they told of is stored."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from eventsourcing.persistence import StoredEvent

from infra.eventlog.recorders.recorders import KafkaApplicationRecorder
from tests.conftest import ROOT, Hall
from tests.eventlog.recorders.conftest import Open


class Writer:
    """Another process, and what it has told."""

    def __init__(self, process: subprocess.Popen[str], told: IO[str]) -> None:
        self.process = process
        self._told = told

    def has_told(self, number: int) -> list[int]:
        """The next versions that it says it has stored."""
        return [int(self._told.readline()) for _ in range(number)]

    def all_told(self) -> list[int]:
        """The rest of what it said before it died; a torn last line was not said."""
        return [int(line) for line in self._told if line.endswith("\n")]


@contextmanager
def writer(hall: Hall, name: str, originator: str) -> Iterator[Writer]:
    module = "tests.eventlog.recorders.writer"
    process = subprocess.Popen(
        [sys.executable, "-m", module, hall.kafka, name, originator],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Writer(process, process.stdout)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def versions(recorder: KafkaApplicationRecorder, originator: str) -> list[int]:
    return [event.originator_version for event in recorder.select_events(originator)]


def test_what_a_killed_process_told_of_is_stored_and_another_goes_on(
    hall: Hall, name: str, open_log: Open
) -> None:
    with writer(hall, name, "killed") as killed:
        told = killed.has_told(100)
        killed.process.send_signal(signal.SIGKILL)
        told += killed.all_told()
    recorder = KafkaApplicationRecorder(open_log())
    found = versions(recorder, "killed")
    assert told == list(range(1, len(told) + 1))
    assert found[: len(told)] == told
    assert len(found) - len(told) in {0, 1}  # one may be stored that it could not tell of
    recorder.insert_events([StoredEvent("killed", len(found) + 1, "made", b"{}")])


def test_a_frozen_process_harms_nothing_and_goes_on_afterwards(
    hall: Hall, name: str, open_log: Open
) -> None:
    recorder = KafkaApplicationRecorder(open_log())
    with writer(hall, name, "frozen") as frozen:
        told = frozen.has_told(50)
        frozen.process.send_signal(signal.SIGSTOP)
        for version in range(1, 51):
            recorder.insert_events([StoredEvent("meanwhile", version, "made", b"{}")])
        frozen.process.send_signal(signal.SIGCONT)
        told += frozen.has_told(100)
        frozen.process.kill()
        told += frozen.all_told()
    found = versions(recorder, "frozen")
    assert found[: len(told)] == told == list(range(1, len(told) + 1))
    assert versions(recorder, "meanwhile") == list(range(1, 51))
    notifications = recorder.select_notifications(1, 10_000)
    assert [each.id for each in notifications] == list(range(1, len(found) + 51))


def test_a_process_that_closes_nothing_ends_all_the_same(hall: Hall, name: str) -> None:
    script = (
        "from eventsourcing.application import Application\n"
        "from eventsourcing.domain import Aggregate\n"
        "application = Application()\n"
        "application.save(Aggregate())\n"
        "print(len(application.recorder.select_notifications(1, 10)))\n"
    )
    environment = {
        "PERSISTENCE_MODULE": "infra.eventlog.persistence",
        "KAFKA_BOOTSTRAP_SERVERS": hall.kafka,
        "KAFKA_TOPIC_PREFIX": f"{name}-",
        "PYTHONPATH": str(ROOT),
    }
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "1\n"), ended.stderr
