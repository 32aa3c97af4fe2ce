"""What an application of the `eventsourcing` library costs when it starts on a long topic.

    .venv/bin/python -m bench.replay

Folds commits as they stand in Kafka, one event each, and tells how many a second, in processor
time, and how much memory the index takes. Without Kafka, whose client reads faster than this.
"""

import gc
import time
import uuid
from collections.abc import Iterator

import psutil
import rich_click as click
from rich.console import Console

from application.log.records import Claim, Codec, Commit
from bench.machine import machine
from domain.events import Metadata
from infra.eventlog.recorders.events import Stored
from infra.eventlog.recorders.shard import LedgerShard, ledger_category
from tests.given import T0

CATEGORY = ledger_category("bench")
STATE = b'{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-01T12:00:00+00:00"},"amount":1}'
CHUNK = 10_000


@click.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--each", default=4, show_default=True, help="Events of one aggregate.")
def main(events: int, each: int) -> None:
    """Measure how fast a topic is folded, and the memory of its index."""
    click.echo(machine())
    ledger = LedgerShard(CATEGORY, owner="bench", append=ignore, restart=ignore, accepted=ignore)
    shard = ledger.shard
    gc.collect()
    before, seconds = psutil.Process().memory_info().rss, 0.0
    for first in range(0, events, CHUNK):
        values = list(records(first, min(CHUNK, events - first), each))
        start = time.process_time()
        for offset, value in values:
            shard.receive(offset, value)
        seconds += time.process_time() - start
        del values
    gc.collect()
    memory = psutil.Process().memory_info().rss - before
    assert len(ledger.index) == events
    console = Console()
    console.print(f"{events / seconds:,.0f} events a second")
    console.print(
        f"{memory / 2**20:,.0f} MiB for {events:,} events of {events // each:,} aggregates,"
        f" {memory / events:,.0f} bytes an event"
    )


def ignore(*_: object) -> None:
    """Nobody decides anything here."""


def records(first: int, count: int, each: int) -> Iterator[tuple[int, bytes]]:
    """Some commits of the topic, after the claim at its beginning."""
    encode = Codec(CATEGORY).encode
    if first == 0:
        yield 0, encode(Claim(epoch=1, owner="bench", url=""))
    for seq in range(first, first + count):
        event = Stored(
            originator_id=str(uuid.UUID(int=seq // each)),
            originator_version=seq % each + 1,
            timestamp=T0,
            topic="bench.recorder:Account.Deposited",
            state=STATE,
        )
        commit = Commit(
            epoch=1,
            owner="bench",
            seq=seq,
            command_id=f"bench#{seq}",
            metadata=Metadata(),
            events=[event],
        )
        yield seq + 1, encode(commit)


if __name__ == "__main__":
    main()
