"""Very many people and conversations, of whom few are active: memory, first touch and restart.

    .venv/bin/gamehall up --servers   # in one terminal
    .venv/bin/python -m bench.idle    # in another

Everybody has an account and a handle, and beside them there are conversations of two, with two
messages each: two logs with twelve shards, which are deleted in the end. An API process that has
just been started owns all shards. Then some people sign in and say something, one after the other
at a fixed rate, whether those before have been answered or not. Its memory is what the whole
process has grown by from before the logs are opened; `--kept` has nothing leave memory.
"""

import asyncio
import json
import random
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import rich_click as click
import uvloop
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from application.log.shard import Shard
from application.ports.commands import Answer, Envelope, Unavailable
from bench.conversations import Conversation, Say, StartConversation
from bench.machine import machine
from bench.restart import memory, produce
from bench.topics import topics
from domain.accounts.account import Account
from domain.accounts.claimed_name import ClaimedName, ClaimName, ConfirmName
from domain.accounts.commands import NoteSignIn, RegisterAccount
from domain.aggregate import Command
from domain.category import Category
from domain.events import Metadata
from infra.eventlog.log import KafkaLog
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from infra.eventlog.snapshots.reader import SnapshotReader
from infra.eventlog.snapshots.writer import CheckpointWriter
from infra.kafka.clients import producer_config
from interfaces.garbage import collect_garbage_rarely
from interfaces.settings import load

SHARDS = 12
MEMORY_TARGET_MB, TOUCH_TARGET_MS = 500, 50
RETRY_S = 1.0
SETTLED_S = 2.0
"""After the start, until the first sign-in."""


def categories(name: str, *, kept: bool) -> tuple[Category, Category]:
    """Accounts and handles, and conversations, in topics of their own."""
    for each in (Account, ClaimedName, Conversation):
        each.evicted_when_idle = not kept
    users = Category(f"{name}-users", Account, ClaimedName)
    return users, Category(f"{name}-talks", Conversation)


def shards(of: Sequence[Category]) -> dict[str, int]:
    return {category.topic: SHARDS for category in of}


def user(number: int) -> str:
    """An id as the hall gives it out."""
    return uuid.UUID(int=number * 0x9E3779B97F4A7C15 % 2**128).hex


def talk(number: int) -> str:
    """The id of a conversation, which is no user's."""
    return f"talk-{user(number)}"


# -- what has happened in the log --------------------------------------------------------------


class Past:
    """Decides what has happened, on shards whose log takes at once whatever they append."""

    def __init__(self, kafka: str, category: Category) -> None:
        self._producer = Producer(producer_config(kafka) | {"message.timeout.ms": 0})
        self._topic = category.topic
        self._now = datetime.now(UTC) - timedelta(days=1)
        self._appended: deque[tuple[int, bytes]] = deque()
        self._offsets = [0] * SHARDS
        self._shards = [self._shard(category, number) for number in range(SHARDS)]
        for shard in self._shards:
            shard.claim()
        self._deliver()

    def _shard(self, category: Category, number: int) -> Shard:
        return Shard(
            category,
            number,
            owner=f"bench-{uuid.uuid4().hex}",
            url="http://127.0.0.1:8080",
            append=lambda _, value: self._appended.append((number, value)),
            restart=lambda: None,
            publish=lambda _: None,
        )

    def _deliver(self) -> None:
        while self._appended:
            number, value = self._appended.popleft()
            produce(self._producer, self._topic, value, number)
            self._shards[number].receive(self._offsets[number], value)
            self._offsets[number] += 1

    def ask(self, command: Command) -> Any:
        """Decide a command; gives the reply."""
        verdicts: list[Any] = []
        envelope = Envelope(
            command_id=f"bench/{uuid.uuid4()}",
            command=command,
            metadata=Metadata(actor="bench", fingerprint=uuid.uuid4().hex[:16]),
        )
        self._now += timedelta(microseconds=100)
        shard = self._shards[partition_for(command.aggregate_id, SHARDS)]
        shard.execute(envelope, verdicts.append, now=self._now, monotonic=0.0)
        self._deliver()
        return verdicts[0].reply

    def register(self, number: int) -> None:
        """Let somebody have an account and its handle."""
        id, handle = user(number), f"person-{number}"
        until = self.ask(ClaimName(name=f"@{handle}", user_id=id)).until
        opening = RegisterAccount(
            user_id=id, handle=handle, claimed_until=until, time_zone="Europe/Vienna", language="de"
        )
        self.ask(opening)
        self.ask(ConfirmName(name=f"@{handle}", user_id=id, until=until))

    def converse(self, number: int) -> None:
        """Let two people have talked to each other."""
        id, members = talk(number), [user(number), user(number + 1)]
        self.ask(StartConversation(conversation_id=id, members=members))
        for sender in members:
            self.ask(Say(conversation_id=id, sender=sender, client_seq=1, text="Shall we play?"))

    def end(self) -> None:
        """Return when all of it is in Kafka."""
        self._producer.flush()


def fill(kafka: str, of: tuple[Category, Category], people: int, talks: int) -> float:
    """Let everybody register, and talk; gives the seconds that it took."""
    start = time.perf_counter()
    users, conversations = of
    past = Past(kafka, users)
    for number in range(people):
        past.register(number)
    past.end()
    past = Past(kafka, conversations)
    for number in range(talks):
        past.converse(number)
    past.end()
    return time.perf_counter() - start


def write(kafka: str, of: Sequence[Category]) -> dict[str, float]:
    """What the worker does; the seconds that it took, and the megabytes it has grown by."""
    before, start, partitions = memory("VmRSS"), time.perf_counter(), shards(of)
    reader = KafkaLogReader(kafka, of, partitions, "bench")
    snapshots = SnapshotReader(kafka, of, partitions)
    writer = CheckpointWriter(kafka, of, reader, snapshots, every_events=50_000, every_seconds=30)
    ends = reader.ends()
    writer.resume()
    while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
        writer.step()
    writer.write()
    told = {"seconds": time.perf_counter() - start, "memory": memory("VmRSS") - before}
    for each in (writer, snapshots, reader):
        each.close()
    return told


# -- a process that starts ---------------------------------------------------------------------


class Crowd(NamedTuple):
    """How many there are of whom how many come, and how many of those a second."""

    people: int
    talks: int
    active: int
    rate: float


class Served(NamedTuple):
    """How a process came up and served: seconds, megabytes, and milliseconds in order."""

    restored: bool
    in_memory: int
    ready_s: float
    memory: float
    peak: float
    touched: float
    signed_in_ms: Sequence[float]
    said_ms: Sequence[float]
    again_ms: Sequence[float]
    asked_again: int


async def serve(kafka: str, of: Sequence[Category], crowd: Crowd) -> Served:
    """Own everything, and let some people sign in and talk, and a tenth of them once more."""
    log = KafkaLog(kafka, of, shards(of), owner=uuid.uuid4().hex, url="")
    collect_garbage_rarely()  # as the API does
    before, start = memory("VmRSS"), time.perf_counter()
    await log.start()
    while not log.ready:  # noqa: ASYNC110  as a client would
        await asyncio.sleep(0.001)
    ready_s = time.perf_counter() - start
    await asyncio.sleep(SETTLED_S)
    in_memory = sum(len(shard.fold) for shard in log.shards)
    grown = memory("VmRSS") - before, memory("VmHWM") - before
    draw, visits = random.Random(crowd.active), Visits(log, crowd.rate)
    chosen = draw.sample(range(crowd.people), crowd.active)
    visited = list(zip(chosen, draw.choices(range(crowd.talks), k=crowd.active), strict=True))
    first = await visits.of(visited)
    touched = memory("VmRSS") - before
    again = await visits.of(visited[: max(1, crowd.active // 10)])
    restored = all(shard.fold.restored for shard in log.shards)
    await log.stop()
    return Served(
        restored, in_memory, ready_s, *grown, touched, *first, again[0], visits.asked_again
    )


class Visits:
    """People who sign in and say something, at a fixed rate, and come again when told to."""

    def __init__(self, log: KafkaLog, rate: float) -> None:
        self._log = log
        self._rate = rate
        self.asked_again = 0

    async def of(self, visited: Sequence[tuple[int, int]]) -> tuple[list[float], list[float]]:
        """The milliseconds that the sign-ins took, and what was said then, each in order."""
        start = time.perf_counter()
        due = (start + turn / self._rate for turn in range(len(visited)))
        times = await asyncio.gather(*map(self._one, visited, due))
        return sorted(each[0] for each in times), sorted(each[1] for each in times)

    async def _one(self, visit: tuple[int, int], due: float) -> tuple[float, float]:
        person, at = visit
        await asyncio.sleep(due - time.perf_counter())
        note = NoteSignIn(user_id=user(person), way="passkey", device="Firefox on Linux")
        signed_in = await self._done(note, due)
        said = Say(conversation_id=talk(at), sender=user(at), client_seq=2, text="It is my turn.")
        return signed_in, await self._done(said, time.perf_counter())

    async def _done(self, command: Command, due: float) -> float:
        envelope = Envelope(command_id=uuid.uuid4().hex, command=command)
        while True:
            try:
                answer = await self._log.execute(envelope)
            except Unavailable:
                self.asked_again += 1
                await asyncio.sleep(RETRY_S)
            else:
                assert isinstance(answer, Answer)
                return (time.perf_counter() - due) * 1e3


def part(times: Sequence[float], share: float) -> str:
    return f"{times[int(share * (len(times) - 1))]:.1f} ms"


# -- the table ---------------------------------------------------------------------------------


@click.command()
@click.option("--people", default=500_000, show_default=True, help="How many have an account.")
@click.option("--talks", default=500_000, show_default=True, help="Conversations beside them.")
@click.option("--active", default=10_000, show_default=True, help="How many people come.")
@click.option("--rate", default=100.0, show_default=True, help="Who come, a second.")
@click.option("--kept", is_flag=True, help="Let nothing leave memory.")
@click.option("--do", type=click.Choice(["write", "serve"]), hidden=True)
@click.option("--of", "name", hidden=True)
def main(*, kept: bool, do: str, name: str, **crowd: Any) -> None:
    """Measure memory, first touch and restart beside the targets."""
    kafka, given = load().kafka_bootstrap, Crowd(**crowd)
    name = name or f"bench-{uuid.uuid4().hex[:8]}"
    of = categories(name, kept=kept)
    if do == "write":
        print(json.dumps(write(kafka, of)))
    elif do == "serve":
        print(json.dumps(uvloop.run(serve(kafka, of, given))))
    else:
        options = [f"--{option}={value}" for option, value in crowd.items()]
        compare(kafka, of, given, [*options, f"--of={name}", *(["--kept"] if kept else [])])


def compare(kafka: str, of: tuple[Category, Category], crowd: Crowd, options: list[str]) -> None:
    """Fill the logs, measure in processes of their own, and tell."""
    title = f"{crowd.people:,} people and {crowd.talks:,} conversations, {crowd.active:,} come"
    table = Table(title=f"{title}; {machine()}")
    for column in ("what", "target", "measured"):
        table.add_column(column, justify="left" if column == "what" else "right")
    like = {category.topic: "user-log" for category in of}
    like |= {category.snapshots_topic: "user-snapshots" for category in of}
    with topics(kafka, like, SHARDS):
        filled_s = fill(kafka, of, crowd.people, crowd.talks)
        Console(stderr=True).print(f"The logs are filled in {filled_s:.0f} s.")
        written, served = told("write", options), Served(*told("serve", options))
        for row in rows(crowd, written, served):
            table.add_row(*row)
    Console().print(table)


def told(do: str, options: Sequence[str]) -> Any:
    """In a process of its own."""
    command = [sys.executable, "-m", "bench.idle", f"--do={do}", *options]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(ran.stdout.splitlines()[-1])


def rows(crowd: Crowd, written: dict[str, float], served: Served) -> Iterator[tuple[str, str, str]]:
    assert served.restored
    each = served.memory * 2**20 / (2 * crowd.people + crowd.talks)
    yield "the worker folds and writes all of it", "", f"{written['seconds']:.0f} s"
    yield "  its memory then", "", f"{written['memory']:,.0f} MB"
    yield "until a process that starts owns every shard", "", f"{served.ready_s:.1f} s"
    yield "aggregates in memory then", "", f"{served.in_memory:,}"
    yield "memory above empty", f"{MEMORY_TARGET_MB} MB", f"{served.memory:,.0f} MB"
    yield "  at most, meanwhile", "", f"{served.peak:,.0f} MB"
    yield "  for each aggregate", "", f"{each:,.0f} bytes"
    yield "  once people have come", f"{MEMORY_TARGET_MB} MB", f"{served.touched:,.0f} MB"
    for what, times in (("sign-in", served.signed_in_ms), ("message", served.said_ms)):
        yield f"first {what}, p50", "", part(times, 0.5)
        yield "  p99", f"{TOUCH_TARGET_MS} ms", part(times, 0.99)
        yield "  longest", "", part(times, 1.0)
    yield "second sign-in, p50", "", part(served.again_ms, 0.5)
    yield "  p99", "", part(served.again_ms, 0.99)
    yield "asked to come again", "", f"{served.asked_again:,}"


if __name__ == "__main__":
    main()
