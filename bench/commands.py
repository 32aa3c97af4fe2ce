"""Commands a second of the log, beside other event stores, and beside Kafka alone.

    npm install --prefix bench/peers/emmett --no-package-lock
    .venv/bin/gamehall up --servers     # in one terminal
    .venv/bin/python -m bench.commands  # in another

Everywhere a command puts 1 into an account and is answered when that is stored. Whoever is in
flight has accounts of their own, so nobody waits for the turn of another. Each run is a process
of its own, on a fresh topic or database; the stores take turns, so that whatever else the machine
does is shared by all.

The last row is the bound: an idempotent producer and a consumer that reads back, on records of
the size of a commit, with nothing decided and nobody told.
"""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import rich_click as click
import uvloop
from confluent_kafka import Consumer, Producer, TopicPartition
from rich.console import Console
from rich.table import Table

from application.ports.commands import Envelope
from bench.bank import Account, Deposit
from bench.machine import machine
from bench.recorder import ACCOUNTS, WARM_UP, Run, measure, on_kafka, on_postgres, spread
from bench.topics import topics
from domain.category import Category
from infra.eventlog.log import KafkaLog
from infra.kafka.clients import consumer_config, producer_config
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import Settings, load

EMMETT = Path(__file__).parent / "peers" / "emmett"
COMMIT_BYTES = 450


def by_the_log(settings: Settings, in_flight: int, seconds: float) -> Run:
    """Gamehall's own log: one shard, one process."""
    return uvloop.run(_by_the_log(settings, in_flight, seconds))


async def _by_the_log(settings: Settings, in_flight: int, seconds: float) -> Run:
    category = Category(f"bench-{uuid.uuid4().hex[:8]}", Account)
    with topics(settings.kafka_bootstrap, {category.topic: "game-log"}):
        log = KafkaLog(
            settings.kafka_bootstrap,
            [category],
            {category.topic: 1},
            owner=uuid.uuid4().hex,
            url="",
        )
        await log.start()
        while not log.ready:  # noqa: ASYNC110  as the health check does
            await asyncio.sleep(0.01)
        collect_garbage_rarely()
        begin = time.perf_counter() + WARM_UP
        clients = (deposits(log, number, begin, begin + seconds) for number in range(in_flight))
        took = [each for client in await asyncio.gather(*clients) for each in client]
        await log.stop()
    return run_of(took, seconds)


async def deposits(log: KafkaLog, number: int, begin: float, end: float) -> list[float]:
    """How long each deposit of one client took, of those that began and ended in time."""
    took, chance, done = [], random.Random(number), 0
    before = time.perf_counter()
    while before < end:
        account = f"account-{number}-{chance.randrange(ACCOUNTS)}"
        done += 1
        await log.execute(
            Envelope(command_id=f"{number}/{done}", command=Deposit(account=account, amount=1))
        )
        after = time.perf_counter()
        if before >= begin and after < end:
            took.append(after - before)
        before = after
    return took


def by_the_library_on_kafka(settings: Settings, in_flight: int, seconds: float) -> Run:
    """`eventsourcing` with Gamehall's persistence module; a thread for each in flight."""
    with on_kafka(settings) as environment:
        return measure(environment, in_flight, seconds)


def by_the_library_on_postgres(settings: Settings, in_flight: int, seconds: float) -> Run:
    """`eventsourcing` with its own recorder; a thread for each in flight."""
    with on_postgres(settings) as environment:
        return measure(environment, in_flight, seconds)


def by_emmett(settings: Settings, in_flight: int, seconds: float) -> Run:
    """Emmett's command handler on its PostgreSQL event store, through Node."""
    with on_postgres(settings) as database:
        dsn = (
            f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}"
            f"@{database['POSTGRES_HOST']}:{database['POSTGRES_PORT']}/{database['POSTGRES_DBNAME']}"
        )
        arguments = [dsn, str(in_flight), str(ACCOUNTS), str(seconds)]
        command = ["node", str(EMMETT / "accounts.mjs"), *arguments]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Run(**json.loads(told))


def by_kafka_alone(settings: Settings, in_flight: int, seconds: float) -> Run:
    """So many records on their way; whenever one is read back, the next is produced."""
    name = f"bench-{uuid.uuid4().hex[:8]}-log"
    with topics(settings.kafka_bootstrap, {name: "game-log"}):
        producer = Producer(producer_config(settings.kafka_bootstrap))
        consumer = Consumer(consumer_config(settings.kafka_bootstrap, name))
        consumer.assign([TopicPartition(name, 0, 0)])
        sent, took, value = deque[float](), [], b"x" * COMMIT_BYTES
        begin = time.perf_counter() + WARM_UP
        end = begin + seconds
        sending = in_flight
        while (now := time.perf_counter()) < end:
            if sending:
                producer.produce_batch(name, [{"value": value}] * sending, 0)
                sent.extend([now] * sending)
            producer.poll(0)
            first = consumer.poll(0.001)
            read = [] if first is None else [first, *consumer.consume(in_flight, 0)]
            sending, now = len(read), time.perf_counter()
            took += [now - at for at in (sent.popleft() for _ in read) if at >= begin]
        producer.flush()
        consumer.close()
    return run_of(took, seconds)


def run_of(took: Sequence[float], seconds: float) -> Run:
    """What so many commands make of their durations."""
    percentile = statistics.quantiles(took, n=100)
    return Run(len(took) / seconds, percentile[49] * 1e3, percentile[98] * 1e3)


SUBJECTS: dict[str, Callable[[Settings, int, float], Run]] = {
    "Gamehall's log": by_the_log,
    "eventsourcing on Gamehall": by_the_library_on_kafka,
    "eventsourcing on PostgreSQL": by_the_library_on_postgres,
    "Emmett on PostgreSQL": by_emmett,
    "Kafka alone": by_kafka_alone,
}
PEERS = ("eventsourcing on PostgreSQL", "Emmett on PostgreSQL")


@click.command()
@click.option("--seconds", default=6.0, show_default=True, help="How long each run takes.")
@click.option("--runs", default=5, show_default=True, help="Runs of each kind.")
@click.option("--in-flight", default=64, show_default=True, help="Commands at a time.")
@click.option("--subject", type=click.Choice(list(SUBJECTS)), hidden=True)
def main(seconds: float, runs: int, in_flight: int, subject: str | None) -> None:
    """Measure commands a second of every store, in turns."""
    if subject:
        print(json.dumps(SUBJECTS[subject](load(), in_flight, seconds)._asdict()))
        return
    found: dict[str, list[Run]] = {name: [] for name in SUBJECTS}
    for _ in range(runs):
        for name, results in found.items():
            results.append(in_a_process(name, in_flight, seconds))
    console = Console(width=max(Console().width, 120))
    console.print(table(found, in_flight))
    console.print(f"{machine()}, servers and clients on this machine")


def in_a_process(subject: str, in_flight: int, seconds: float) -> Run:
    """One run, in a process that does nothing else."""
    options = ["--subject", subject, "--in-flight", str(in_flight), "--seconds", str(seconds)]
    command = [sys.executable, "-m", "bench.commands", *options]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Run(**json.loads(told.splitlines()[-1]))


def table(found: dict[str, list[Run]], in_flight: int) -> Table:
    """The table, with how many times each is faster than its peers."""
    made = Table(title=f"a deposit, {in_flight} in flight", caption="median (least to most)")
    columns = ("store", "commands a second", "p50, ms", "p99, ms", *(f"times {p}" for p in PEERS))
    for column in columns:
        made.add_column(column, justify="right", no_wrap=column == "store")
    rates = {name: statistics.median(run.rate for run in runs) for name, runs in found.items()}
    for name, runs in found.items():
        times = [f"{rates[name] / rates[peer]:.1f}" for peer in PEERS]
        made.add_row(name, *(spread(values) for values in zip(*runs, strict=True)), *times)
    return made


if __name__ == "__main__":
    main()
