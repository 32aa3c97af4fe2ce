"""Restarts and memory of an owner, beside a Kafka that has nothing else to do.

    .venv/bin/gamehall up --servers     # in one terminal
    .venv/bin/python -m bench.restart   # in another

Each log is a topic of its own with one shard, filled by the domain's own decisions and deleted in
the end. Every figure is from a process that has just been started, and its memory is what the
whole process has grown by, from before the log is opened until the first command is answered.
"""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import rich_click as click
import uvloop
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from application.log.shard import Shard
from application.ports.commands import Envelope, Unavailable
from bench.machine import machine
from bench.topics import topics
from domain.aggregate import Aggregate, Command
from domain.category import Category
from domain.events import Metadata
from domain.games.commands import MakeMove, StartGame
from domain.games.four_in_a_row import FourInARow
from domain.refusals import Refusal
from domain.waitroom import Waitroom
from domain.waitroom.commands import CompleteCheckout, JoinWaitroom, OpenWaitroom
from infra.eventlog.log import KafkaLog
from infra.eventlog.reader import KafkaLogReader
from infra.eventlog.snapshots.reader import SnapshotReader
from infra.eventlog.snapshots.writer import CheckpointWriter
from infra.kafka.clients import producer_config
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import load

MILLION = 1_000_000
ROOM = "concert"
CAPACITY = 100
HOUR = 3_600
SECONDS_TARGET, RATE_TARGET, MEMORY_TARGET = 2.0, 200_000, 1_024
MEGABYTE = 2**20
FEWER = 4
"""A log with so many times fewer events tells what a process takes that has nothing in it."""

Asked = tuple[str, Command]
"""Who asks, and for what."""


# -- what happens in the logs ------------------------------------------------------------------


def waiting(events: int) -> Iterator[Asked]:
    """A room that a million people join, of whom a hundred are admitted."""
    yield "admin", OpenWaitroom(event_id=ROOM, capacity=CAPACITY, checkout_seconds=24 * HOUR)
    for number in range(events - CAPACITY - 1):
        yield joining(number)


def a_sale(events: int) -> Iterator[Asked]:
    """A room in which a hundred at a time check out, and as many come: three events each."""
    yield "admin", OpenWaitroom(event_id=ROOM, capacity=CAPACITY, checkout_seconds=24 * HOUR)
    for number in range(events // 3):
        yield joining(number)
        if number >= CAPACITY:
            session = f"{number - CAPACITY:032x}"
            yield "shop", CompleteCheckout(event_id=ROOM, session_id=session)


def joining(number: int) -> Asked:
    user = f"user-{number}"
    return user, JoinWaitroom(event_id=ROOM, user_id=user, session_id=f"{number:032x}")


def games(events: int) -> Iterator[Asked]:
    """Games that are played to their end, in nine events each."""
    for number in range(events // 9):
        game, players = f"{number:032x}", (f"user-{number}", f"user-{number + 1}")
        yield (
            players[0],
            StartGame(game_id=game, player1=players[0], player2=players[1], move_seconds=24 * HOUR),
        )
        for turn, column in enumerate((0, 1, 0, 1, 0, 1, 0)):
            player = players[turn % 2]
            yield player, MakeMove(game_id=game, player=player, column=column)


KINDS: dict[str, tuple[type[Aggregate], Callable[[int], Iterator[Asked]], Command]] = {
    "waiting": (Waitroom, waiting, joining(7)[1]),
    "sale": (Waitroom, a_sale, joining(-1)[1]),
    "games": (FourInARow, games, MakeMove(game_id=f"{7:032x}", player="user-7", column=1)),
}


# -- the topics --------------------------------------------------------------------------------


@contextmanager
def filled(kafka: str, kind: str, events: int) -> Iterator[Category]:
    """A log of its own in which all this has happened, and an empty topic for snapshots."""
    category = Category(f"bench-{kind}-{uuid.uuid4().hex[:8]}", KINDS[kind][0])
    like = {category.topic: "game-log", category.snapshots_topic: "game-snapshots"}
    with topics(kafka, like):
        fill(kafka, category, KINDS[kind][1](events))
        yield category


def fill(kafka: str, category: Category, happens: Iterator[Asked]) -> None:
    """Let an owner decide everything, on a log that takes at once whatever it appends."""
    producer = Producer(producer_config(kafka) | {"message.timeout.ms": 0})
    appended: list[bytes] = []
    shard = Shard(
        category,
        0,
        owner=f"bench-{uuid.uuid4().hex}",
        url="http://127.0.0.1:8080",
        append=lambda _, value: appended.append(value),
        restart=lambda: None,
        publish=lambda _: None,
    )
    now, offset = datetime.now(UTC) - timedelta(hours=1), 0
    shard.claim()
    for actor, command in happens:
        while appended:
            produce(producer, category.topic, appended[0])
            shard.receive(offset, appended.pop(0))
            offset += 1
        id = f"{actor}/{uuid.uuid4()}"
        metadata = Metadata(actor=actor, correlation_id=id, fingerprint=uuid.uuid4().hex[:16])
        now += timedelta(microseconds=200)
        envelope = Envelope(command_id=id, command=command, metadata=metadata)
        shard.execute(envelope, lambda _: None, now=now, monotonic=0.0)
    producer.flush()


def produce(producer: Producer, topic: str, value: bytes, partition: int = 0) -> None:
    try:
        producer.produce(topic, value, partition=partition)
    except BufferError:  # a hundred thousand are on their way
        producer.poll(0.1)
        produce(producer, topic, value, partition)


def write_checkpoints(kafka: str, category: Category) -> float:
    """What the worker does; gives the seconds that it took."""
    start, partitions = time.perf_counter(), {category.topic: 1}
    reader = KafkaLogReader(kafka, [category], partitions, "bench")
    snapshots = SnapshotReader(kafka, [category], partitions)
    writer = CheckpointWriter(
        kafka, [category], reader, snapshots, every_events=50_000, every_seconds=30
    )
    end = reader.ends()[category.topic, 0]
    writer.resume()
    while reader.checkpoints()[0].offset < end:
        writer.step()
    writer.write()
    for each in (writer, snapshots, reader):
        each.close()
    return time.perf_counter() - start


# -- an owner that starts ----------------------------------------------------------------------


class Started(NamedTuple):
    """How an owner came up: what it read and took until it answered; memory in megabytes."""

    events: int
    restored: bool
    seconds: float
    memory: float
    peak: float

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def start_owner(category: str, kind: str) -> Started:
    """In a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.restart", "--owner", category, "--kind", kind],
        check=True,
        capture_output=True,
        text=True,
    )
    return Started(*json.loads(told.stdout.splitlines()[-1]))


async def own(kafka: str, name: str, kind: str) -> Started:
    """Start, answer a command, and say what that took."""
    aggregate, _, command = KINDS[kind]
    category = Category(name, aggregate)
    log = KafkaLog(kafka, [category], {category.topic: 1}, owner=uuid.uuid4().hex, url="")
    collect_garbage_rarely()  # as the API does
    before, start = memory("VmRSS"), time.perf_counter()
    await log.start()
    while not await answers(log, command):  # noqa: ASYNC110  as a client would
        await asyncio.sleep(0.001)
    seconds = time.perf_counter() - start
    shard = log.shards[0]
    grown = memory("VmRSS") - before, memory("VmHWM") - before
    await log.stop()
    return Started(shard.gate.next_seq, shard.fold.restored, seconds, *grown)


async def answers(log: KafkaLog, command: Command) -> bool:
    try:
        await log.execute(Envelope(command_id=uuid.uuid4().hex, command=command))
    except Unavailable:
        return False
    except Refusal:
        return True
    return True


def memory(name: str) -> float:
    """Megabytes of this process, as Linux counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


# -- the table ---------------------------------------------------------------------------------


@click.command()
@click.option("--events", default=MILLION, show_default=True, help="Events in each log.")
@click.option("--owner", hidden=True, help="Be an owner of this category.")
@click.option("--kind", type=click.Choice(list(KINDS)), hidden=True)
def main(events: int, owner: str | None, kind: str) -> None:
    """Measure restarts and memory beside the targets."""
    kafka = load().kafka_bootstrap
    if owner:
        print(json.dumps(uvloop.run(own(kafka, owner, kind))))
        return
    table = Table(title=f"An owner of one shard of {events:,} events; {machine()}")
    for column in ("what", "target", "measured"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in (*of_waiting(kafka, events), *of_a_sale(kafka, events), *of_games(kafka, events)):
        table.add_row(*row)
    Console().print(table)


Row = tuple[str, str, str]


def of_waiting(kafka: str, events: int) -> Iterator[Row]:
    with filled(kafka, "waiting", events) as category:
        whole = start_owner(category.name, "waiting")
        written = write_checkpoints(kafka, category)
        tail = start_owner(category.name, "waiting")
    yield "a room in which all wait (an event a command):", "", ""
    yield from restarts(whole, tail)
    people = f"{events - CAPACITY - 1:,} people"
    yield f"memory for {people}, folded", f"{MEMORY_TARGET:,} MB", f"{whole.memory:,.0f} MB"
    yield f"memory for {people}, restored", f"{MEMORY_TARGET:,} MB", f"{tail.memory:,.0f} MB"
    yield "  at most, meanwhile", "", f"{tail.peak:,.0f} MB"
    yield "the worker folds and writes all of it", "", f"{written:.1f} s"


def of_a_sale(kafka: str, events: int) -> Iterator[Row]:
    whole, tail = whole_and_tail(kafka, "sale", events)
    fewer, _ = whole_and_tail(kafka, "sale", events // FEWER)
    yield "a room in which a hundred wait, and the others have been:", "", ""
    yield from restarts(whole, tail)
    yield "memory for a session that is over", "", of_each(whole, fewer, 3)


def of_games(kafka: str, events: int) -> Iterator[Row]:
    whole, tail = whole_and_tail(kafka, "games", events)
    fewer, fewer_evicted = whole_and_tail(kafka, "games", events // FEWER)
    yield "games that are over:", "", ""
    yield from restarts(whole, tail)
    yield "memory for a game, before it is evicted", "", of_each(whole, fewer, 9)
    yield "memory for a game that is evicted", "", of_each(tail, fewer_evicted, 9)


def whole_and_tail(kafka: str, kind: str, events: int) -> tuple[Started, Started]:
    """An owner that starts without and with a checkpoint."""
    with filled(kafka, kind, events) as category:
        whole = start_owner(category.name, kind)
        write_checkpoints(kafka, category)
        return whole, start_owner(category.name, kind)


def restarts(whole: Started, tail: Started) -> Iterator[Row]:
    assert tail.restored
    assert not whole.restored
    yield (
        "  first answer, with a checkpoint near the end",
        f"{SECONDS_TARGET} s",
        f"{tail.seconds:.2f} s",
    )
    yield "  first answer, without", "", f"{whole.seconds:.2f} s"
    yield "  events a second, without", f"{RATE_TARGET:,}", f"{whole.rate:,.0f}"


def of_each(many: Started, fewer: Started, events_of_each: int) -> str:
    """What one of them takes, whatever the process takes anyhow."""
    count = (many.events - fewer.events) / events_of_each
    return f"{(many.memory - fewer.memory) * MEGABYTE / count:,.0f} bytes"


if __name__ == "__main__":
    main()
