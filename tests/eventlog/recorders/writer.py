"""A process that stores events until it is stopped, and tells of each once it is stored."""

import sys
from itertools import count

from eventsourcing.persistence import StoredEvent

from infra.eventlog.recorders.blocking import BlockingLog


def main(bootstrap: str, name: str, originator: str) -> None:
    log = BlockingLog(bootstrap, name, seconds=30, most_bytes=1_000_000)
    log.open()
    for version in count(1):
        log.insert([StoredEvent(originator, version, "made", b"{}")])
        print(version, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
