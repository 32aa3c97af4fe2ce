"""Player events over HTTP: one in a request, and a thousand, beside the bare producer and Go.

    GAMEHALL_EVENTS_PER_SECOND=10000000 GAMEHALL_EVENTS_PER_SECOND_EACH=10000000 make run
    .venv/bin/python -m bench.ingest    # in another terminal

The service alone: the workers that read players' events stand still as long as anybody has a turn,
for Go has none, and begin when nothing is left over. `bench.whole` measures with them. Broker,
databases, API and this load generator share the machine. Every round measures each subject once, in
turns. Closed loop at 64 connections; single events also in an open loop at a fixed rate, where
latency counts from when each was due.
"""

import itertools
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec
import rich_click as click
import uvloop
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from application.player_events.topics import PLAYER_EVENTS
from bench.consumers import Consumers, processes
from bench.hall import Hall
from bench.load import Result, at_rate, closed, post
from bench.machine import frozen, machine
from bench.topics import topics
from domain.player_events.event import TOPIC
from infra.kafka.clients import producer_config

PLAYERS = 10_000
PER_BATCH = 1_000
SINGLE, BATCH = "/api/v1/events", "/api/v1/events/batch"
PEER = Path(__file__).parent / "peers" / "ingest"
PEER_TOPIC = "bench.player-events"
CONSOLE = Console()


def an_event() -> dict[str, object]:
    """What a game server sends; an event of the seed's shape."""
    return {
        "event_type": "player_score",
        "player_id": f"player-{random.randrange(PLAYERS)}",
        "game_id": "game-001",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"score": random.randrange(1_500), "level": random.randrange(60)},
    }


def singles(host: str, token: str) -> Iterator[bytes]:
    """Requests of one event each, made beforehand, since making them takes long."""
    requests = [post(host, SINGLE, token, msgspec.json.encode(an_event())) for _ in range(5_000)]
    return itertools.cycle(requests)


def batches(host: str, token: str) -> Iterator[bytes]:
    """Requests of a thousand events each."""
    bodies = [[an_event() for _ in range(PER_BATCH)] for _ in range(50)]
    return itertools.cycle([post(host, BATCH, token, msgspec.json.encode(b)) for b in bodies])


@click.command()
@click.option("--seconds", default=6.0, show_default=True)
@click.option("--rounds", default=4, show_default=True)
@click.option("--rate", default=3_000, show_default=True, help="Of the open loop.")
@click.option("--warm-up", default=15.0, show_default=True)
@click.option("--alone", is_flag=True, help="Only the service, told as JSON.")
def main(seconds: float, rounds: int, rate: int, warm_up: float, *, alone: bool) -> None:
    """Measure taking in events."""
    hall = Hall()
    if alone:
        place = hall.host, hall.port
        get_warm(place, hall, warm_up)
        runs = [dict(measured(place, hall, seconds, rate)) for _ in range(rounds)]
        print(
            msgspec.json.encode({kind: told([r[kind] for r in runs]) for kind in runs[0]}).decode()
        )
        return
    CONSOLE.print(machine())
    with (
        topics(
            hall.settings.kafka_bootstrap, {PEER_TOPIC: TOPIC}, partitions=PLAYER_EVENTS.partitions
        ),
        peer(hall) as go,
        without_consumers(hall),
    ):
        subjects = {"Gamehall": (hall.host, hall.port)} | ({"Go": go} if go else {})
        for place in subjects.values():
            get_warm(place, hall, warm_up)
        results: dict[tuple[str, str], list[Result]] = {}
        bare: list[float] = []
        for number in range(rounds):
            bare.append(bare_producer(hall.settings.kafka_bootstrap, seconds))
            # Whoever comes after the batches of another finds the broker at its work still.
            for name, place in sorted(subjects.items(), reverse=bool(number % 2)):
                for kind, result in measured(place, hall, seconds, rate):
                    results.setdefault((kind, name), []).append(result)
    show(results)
    CONSOLE.print(f"bare producer, same records and headers: {spread(bare)} events a second")


@contextmanager
def without_consumers(hall: Hall) -> Iterator[None]:
    """Let no read model take anything for as long as the block takes, from when none lags."""
    with Consumers(hall.settings) as consumers:
        consumers.catch_up()
    with frozen(processes(hall.settings)):
        yield


def get_warm(place: tuple[str, int], hall: Hall, seconds: float) -> None:
    """Load a service for a while before it is measured."""
    uvloop.run(closed(*place, singles(place[0], hall.token), 64, seconds / 2))
    uvloop.run(closed(*place, batches(place[0], hall.token), 16, seconds / 2))


def measured(
    place: tuple[str, int], hall: Hall, seconds: float, rate: int
) -> Iterator[tuple[str, Result]]:
    """One run of each kind."""
    one, many = singles(place[0], hall.token), batches(place[0], hall.token)
    yield "single, 64 connections", uvloop.run(closed(*place, one, 64, seconds))
    yield f"single, {rate:,} a second", uvloop.run(at_rate(*place, one, rate, seconds))
    batched = f"batches of {PER_BATCH:,}, 16 connections"
    yield batched, uvloop.run(closed(*place, many, 16, seconds))


def told(runs: list[Result]) -> dict[str, float]:
    """Requests a second, their p99, and how many were not taken."""
    refused = sum(n for run in runs for status, n in run.statuses.items() if status != 200)
    return {
        "rate": median(run.rate for run in runs),
        "p99_ms": median(run.percentile(99) for run in runs),
        "refused": refused,
    }


def show(results: dict[tuple[str, str], list[Result]]) -> None:
    table = Table()
    for column in (
        "what",
        "who",
        "events a second (median, least, most)",
        "p50 ms",
        "p99 ms",
        "refused",
    ):
        table.add_column(column)
    for (kind, name), runs in sorted(results.items()):
        each = PER_BATCH if "batch" in kind else 1
        refused = sum(n for run in runs for status, n in run.statuses.items() if status != 200)
        table.add_row(
            kind,
            name,
            spread([run.rate * each for run in runs]),
            f"{median(run.percentile(50) for run in runs):.2f}",
            f"{median(run.percentile(99) for run in runs):.2f}",
            f"{refused}",
        )
    CONSOLE.print(table)


def spread(figures: list[float]) -> str:
    return f"{median(figures):,.0f} ({min(figures):,.0f} to {max(figures):,.0f})"


def bare_producer(kafka: str, seconds: float) -> float:
    """Events a second of confluent-kafka alone, with what Gamehall sends, all acknowledged."""
    producer = Producer(
        producer_config(kafka)
        | {"partitioner": "murmur2", "queue.buffering.max.messages": 1_000_000}
    )
    values = [msgspec.json.encode(an_event() | {"event_id": f"{i:036}"}) for i in range(1_000)]
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for value in values:
            headers = [("event_type", "player_score"), ("event_id", "0" * 36)]
            producer.produce(PEER_TOPIC, value, f"player-{count % PLAYERS}", headers=headers)
            count += 1
        producer.poll(0)
        if len(producer) > 50_000:
            producer.flush()
    producer.flush()
    return count / (time.perf_counter() - start)


@contextmanager
def peer(hall: Hall) -> Iterator[tuple[str, int] | None]:
    """The same service in Go, built here; None where there is no Go."""
    if shutil.which("go") is None:
        CONSOLE.print("There is no Go here, so the service in Go is left out.")
        yield None
        return
    subprocess.run(["go", "build", "-o", "ingest", "."], cwd=PEER, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PEER / "ingest"), PEER_TOPIC, f"127.0.0.1:{port}"]
    environment = {**os.environ, "KAFKA": hall.settings.kafka_bootstrap}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it says when it listens
        try:
            yield "127.0.0.1", port
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
