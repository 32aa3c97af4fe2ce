"""Processes that divide the work of a read model: what each folds, how fast, and that it is right.

    .venv/bin/gamehall up --servers                    # in one terminal
    .venv/bin/python -m bench.divide                   # in another
    .venv/bin/python -m bench.divide --harm --processes 3

Fills a topic of its own with players' events. Then one, two and three processes follow it from its
beginning, as live workers do, in a fresh database; at the end it is verified. With `--harm`, one is
killed and another takes its place, and one is frozen until others hold its shards, and revived.
"""

import logging
import os
import signal
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from multiprocessing import get_context
from typing import Any

import psycopg
import rich_click as click
import structlog

from application.player_events.topics import PLAYER_EVENTS
from application.player_events.triage import SkipEvent
from application.ports.reading import Checkpoint
from application.rebuild import build
from application.triage import NoLetters
from application.upkeep import Upkeep
from bench.machine import machine
from bench.player_events import BATCHES, filled, prepared
from domain.player_events.event import TOPIC
from infra.player_events.reader import PlayerEventReader
from infra.postgres.positions import load_checkpoints, place
from interfaces.bootstrap.read_models import store_of
from interfaces.bootstrap.workers import declared, read_models
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import Settings, load

DIVIDED = [model.name for model in read_models() if model.divides]
MOST_PROCESSES = 8
LOOK_INTERVAL_S = 0.1
LOADED_AFTER_S = 4.0
FROZEN_S = 12.0

spawned = get_context("spawn")


class Staff:
    """Processes of one read model, and how many events each has folded."""

    def __init__(self, settings: Settings, name: str, topic: str) -> None:
        self.group = f"bench-{uuid.uuid4().hex[:8]}"
        self.counts = spawned.Array("q", MOST_PROCESSES)
        self.go = spawned.Event()
        self.given = settings, name, topic, self.group, self.counts, self.go
        self.processes: list[Any] = []

    def start(self) -> None:
        process = spawned.Process(target=work, args=(*self.given, len(self.processes)))
        process.start()
        self.processes.append(process)

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    @property
    def folded(self) -> list[int]:
        return self.counts[: len(self.processes)]


def work(
    settings: Settings, name: str, topic: str, group: str, counts: Any, go: Any, number: int
) -> None:
    """Follow the topic, as a worker does."""
    collect_garbage_rarely()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    go.wait()
    while True:
        try:
            with ExitStack() as held:
                follow(settings, name, topic, group, counts, number, held)
        except psycopg.OperationalError as error:  # whoever was frozen in a transaction
            print(f"process {number + 1} begins anew: {str(error).splitlines()[0]}")


def follow(
    settings: Settings,
    name: str,
    topic: str,
    group: str,
    counts: Any,
    number: int,
    held: ExitStack,
) -> None:
    reader = PlayerEventReader(settings.kafka_bootstrap, group, topic=topic, divides=True)
    held.enter_context(closing(reader))
    store = store_of(settings, declared(name), held)
    worker = Upkeep(name, reader, store, NoLetters(), SkipEvent, BATCHES).projector()
    step = worker.step

    def counted() -> int:
        folded = step()
        counts[number] += folded
        return folded

    worker.step = counted  # type: ignore[method-assign,assignment]
    worker.run(lambda: False)


def begin(settings: Settings, name: str) -> None:
    """An empty read model that stands at the beginning of the topic."""
    with psycopg.connect(settings.postgres_dsn) as connection:
        beginning = [
            Checkpoint(TOPIC, partition, 0, 0, "", 0)
            for partition in range(PLAYER_EVENTS.partitions)
        ]
        place(connection, name, uuid.uuid4().hex, beginning)


def reached(settings: Settings, name: str) -> int:
    with psycopg.connect(settings.postgres_dsn) as connection:
        return sum(c.offset for c in load_checkpoints(connection, name))


def measured(
    settings: Settings, name: str, topic: str, events: int, count: int, *, harm: bool
) -> Sequence[str]:
    """A row of the table: what so many processes come to."""
    with prepared(settings, name) as apart:
        begin(apart, name)
        with closing(Staff(apart, name, topic)) as staff:
            for _ in range(count):
                staff.start()
            time.sleep(LOADED_AFTER_S)
            start = time.perf_counter()
            staff.go.set()
            if harm:
                do_harm(staff, lambda: reached(apart, name) / events)
            until(lambda: reached(apart, name) == events)
            rate = events / (time.perf_counter() - start)
            time.sleep(LOOK_INTERVAL_S)  # the last of them has yet to be counted
            each = " + ".join(f"{folded:,}" for folded in staff.folded)
        return name, str(count), each, f"{rate:,.0f}", verified(apart, name, topic)


def do_harm(staff: Staff, share: Callable[[], float]) -> None:
    """Kill the first one after a tenth, which another replaces; freeze the second after a third."""
    until(lambda: share() > 0.1)
    staff.processes[0].kill()
    staff.start()
    until(lambda: share() > 0.33)
    os.kill(staff.processes[1].pid, signal.SIGSTOP)
    time.sleep(FROZEN_S)
    os.kill(staff.processes[1].pid, signal.SIGCONT)


def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(LOOK_INTERVAL_S)


def verified(settings: Settings, name: str, topic: str) -> str:
    """Compare it with a fresh fold of the topic."""
    with ExitStack() as held:
        reader = PlayerEventReader(settings.kafka_bootstrap, "bench", topic=topic)
        held.enter_context(closing(reader))
        store = store_of(settings, declared(name), held)
        made = build(reader, store, SkipEvent(NoLetters()), batches=BATCHES, swap=False)
    return f"{made.different} of {made.events:,} differ"


@click.command()
@click.option("--events", default=1_000_000, show_default=True)
@click.option("--processes", default=(1, 2, 3), show_default=True, multiple=True)
@click.option("--name", "names", default=DIVIDED, show_default=True, multiple=True)
@click.option("--harm", is_flag=True, help="Kill one process in the middle and freeze another.")
def main(events: int, processes: Sequence[int], names: Sequence[str], harm: bool) -> None:
    """Events a second of one, two and three processes, and whether what they made is right."""
    settings = load()
    click.echo(machine())
    click.echo("| read model | processes | each folded | events a second | verified |")
    with filled(settings.kafka_bootstrap, events) as (topic, _):
        for name in names:
            for count in processes:
                row = measured(settings, name, topic, events, count, harm=harm)
                click.echo(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
