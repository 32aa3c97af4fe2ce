"""A process that stores events until it is stopped, and tells of each once it is stored.

Some of its threads write to an originator of their own, one to an originator that all share.
"""

import sys
from collections.abc import Iterator
from itertools import count
from threading import Lock, Thread

from eventsourcing.persistence import IntegrityError, StoredEvent

from infra.eventlog.recorders.blocking import BlockingLog
from infra.eventlog.recorders.recorders import KafkaApplicationRecorder

SHARED = "shared"


class Writer:
    def __init__(self, bootstrap: str, name: str) -> None:
        log = BlockingLog(bootstrap, name, seconds=30, most_bytes=1_000_000)
        log.open()
        self._recorder = KafkaApplicationRecorder(log)
        self._telling = Lock()

    def write(self, originator: str, versions: Iterator[int]) -> None:
        for version in versions:
            (id,) = self._recorder.insert_events([StoredEvent(originator, version, "made", b"{}")])
            with self._telling:
                print(originator, version, id, flush=True)  # noqa: T201 - the test reads it

    def write_with_others(self) -> None:
        while True:
            latest = self._recorder.select_events(SHARED, desc=True, limit=1)
            version = latest[0].originator_version + 1 if latest else 1
            try:
                self.write(SHARED, iter([version]))
            except IntegrityError:
                continue  # another process was first


def main(bootstrap: str, name: str, originator: str, threads: str = "") -> None:
    writer = Writer(bootstrap, name)
    for number in range(int(threads or 0)):
        Thread(target=writer.write, args=(f"{originator}-{number}", count(1)), daemon=True).start()
    if threads:
        writer.write_with_others()
    writer.write(originator, count(1))


if __name__ == "__main__":
    main(*sys.argv[1:])
