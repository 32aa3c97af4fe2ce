"""Processes that are killed or frozen while they store events: what they told of is stored."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from eventsourcing.persistence import StoredEvent

from infra.eventlog.recorders.recorders import KafkaApplicationRecorder
from tests.conftest import ROOT, Hall
from tests.eventlog.recorders.conftest import Open


class Told(NamedTuple):
    """An event that a process says it has stored."""

    originator: str
    version: int
    id: int


class Writer:
    """Another process, and where it writes what it tells."""

    def __init__(self, servers: Hall, name: str, journal: Path, *what: str) -> None:
        self._journal = journal
        with journal.open("w") as told:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.eventlog.recorders.writer",
                    servers.kafka,
                    name,
                    *what,
                ],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=told,
            )

    def told(self) -> list[Told]:
        """What it has told so far; a torn last line was not told."""
        lines = self._journal.read_text().splitlines(keepends=True)
        words = [line.split() for line in lines if line.endswith("\n")]
        return [Told(originator, int(version), int(id)) for originator, version, id in words]

    def tells(self, number: int) -> None:
        """Wait until it has told of so many more."""
        wanted = len(self.told()) + number
        while len(self.told()) < wanted:
            assert self.process.poll() is None, "the process has ended by itself"
            time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def writing(servers: Hall, name: str, journal: Path, *what: str) -> Iterator[Writer]:
    writer = Writer(servers, name, journal, *what)
    try:
        yield writer
    finally:
        writer.kill()


def versions(recorder: KafkaApplicationRecorder, originator: str) -> list[int]:
    return [event.originator_version for event in recorder.select_events(originator)]


def test_what_a_killed_process_told_of_is_stored_and_another_goes_on(
    servers: Hall, name: str, open_log: Open, tmp_path: Path
) -> None:
    with writing(servers, name, tmp_path / "told", "killed") as killed:
        killed.tells(100)
        killed.kill()
        told = [each.version for each in killed.told()]
    recorder = KafkaApplicationRecorder(open_log())
    found = versions(recorder, "killed")
    assert told == list(range(1, len(told) + 1))
    assert found[: len(told)] == told
    assert len(found) - len(told) in {0, 1}  # one may be stored that it could not tell of
    recorder.insert_events([StoredEvent("killed", len(found) + 1, "made", b"{}")])


def test_a_frozen_process_harms_nothing_and_goes_on_afterwards(
    servers: Hall, name: str, open_log: Open, tmp_path: Path
) -> None:
    recorder = KafkaApplicationRecorder(open_log())
    with writing(servers, name, tmp_path / "told", "frozen") as frozen:
        frozen.tells(50)
        frozen.process.send_signal(signal.SIGSTOP)
        for version in range(1, 51):
            recorder.insert_events([StoredEvent("meanwhile", version, "made", b"{}")])
        frozen.process.send_signal(signal.SIGCONT)
        frozen.tells(100)
        frozen.kill()
        told = [each.version for each in frozen.told()]
    found = versions(recorder, "frozen")
    assert found[: len(told)] == told == list(range(1, len(told) + 1))
    assert versions(recorder, "meanwhile") == list(range(1, 51))
    ids = [each.id for each in recorder.select_notifications(1, 10_000)]
    assert ids == list(range(1, len(found) + 51))


def test_processes_that_contend_freeze_and_die_store_what_they_tell_of_once(
    servers: Hall, name: str, open_log: Open, tmp_path: Path
) -> None:
    chance, writers = random.Random(7), list[Writer]()

    def start() -> Writer:
        number = len(writers)
        journal = tmp_path / f"told-{number}"
        writers.append(Writer(servers, name, journal, f"writer-{number}", "2"))
        return writers[-1]

    running = [start() for _ in range(3)]
    try:
        for _ in range(12):
            place = chance.randrange(3)
            running[place].tells(chance.randrange(1, 200))
            if chance.random() < 0.3:
                running[place].kill()
                running[place] = start()
            else:
                running[place].process.send_signal(signal.SIGSTOP)
                running[place - 1].tells(chance.randrange(1, 200))
                running[place].process.send_signal(signal.SIGCONT)
    finally:
        for each in running:
            each.kill()

    recorder = KafkaApplicationRecorder(open_log())
    stored = [
        Told(str(each.originator_id), each.originator_version, each.id)
        for each in recorder.select_notifications(1, 1_000_000)
    ]
    assert [each.id for each in stored] == list(range(1, len(stored) + 1))
    assert len({each[:2] for each in stored}) == len(stored), "each version is stored once"
    told = [each for writer in writers for each in writer.told()]
    assert set(told) <= set(stored)
    assert len(told) > 500


def test_a_process_that_closes_nothing_ends_all_the_same(servers: Hall, name: str) -> None:
    script = (
        "from eventsourcing.application import Application\n"
        "from eventsourcing.domain import Aggregate\n"
        "application = Application()\n"
        "application.save(Aggregate())\n"
        "print(len(application.recorder.select_notifications(1, 10)))\n"
    )
    environment = {
        "PERSISTENCE_MODULE": "infra.eventlog.persistence",
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
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
