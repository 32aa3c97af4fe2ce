"""How long shards are without an answer when a process of the API comes, leaves, dies or freezes.

    .venv/bin/gamehall up --servers        # in one terminal
    .venv/bin/python -m bench.takeover     # in another

Two processes share the shards, outside the supervisor, which would replace one that died before
the other could show how it takes over. Joins are due at a fixed rate, in every shard of the
waiting rooms, through the process that nothing happens to; whoever is answered 503 repeats the
request with the same `Idempotency-Key`, after `Retry-After`. Then the log is read, and every join
that was answered has to be in it, once.
"""

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from statistics import median
from typing import NamedTuple, Self

import aiohttp
import httpx
import rich_click as click
import uvloop
from rich.console import Console
from rich.table import Table

from bench.hall import Hall
from bench.machine import machine
from domain.categories import WAITROOMS
from domain.events import Recorded
from domain.waitroom.events import WaitroomJoined
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from infra.stack.waiting import wait_for
from interfaces.settings import Settings

BEFORE_S, AFTER_S = 2.0, 5.0
"""Seconds of load before something happens, and after the last of it."""

FROZEN_S = 8.0
READY_TIMEOUT_S = 60.0
OWNED = re.compile(r'gamehall_log_shards{role="owner",topic="waitroom-log"} (\S+)')


class Api:
    """A process of the API, at a port of its own."""

    def __init__(
        self, settings: Settings, port: int, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.url = f"http://{settings.host}:{port}"
        self._environment = {**environment, "GAMEHALL_PEER_PORT": str(port)}
        self._log = settings.home / "logs" / f"takeover-{port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start_if_ended(self) -> None:
        if self._process is None or self._process.poll() is not None:
            self.start()

    def start(self) -> None:
        self._log.parent.mkdir(exist_ok=True)
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "interfaces.cli", "api"]
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def send(self, number: int) -> None:
        assert self._process
        os.kill(self._process.pid, number)

    def is_ready(self) -> bool:
        return bool(self._get("/health/ready?of=commands"))

    def owned(self) -> int:
        """How many shards of the waiting rooms it owns."""
        found = OWNED.search(self._get("/metrics"))
        return int(float(found[1])) if found else 0

    def _get(self, path: str) -> str:
        """What it answers; nothing when it does not."""
        try:
            answer = httpx.get(self.url + path, timeout=5)
        except httpx.TransportError:
            return ""
        return answer.text if answer.is_success else ""

    def await_ready(self, least: int = 0) -> None:
        """Wait until it is ready and owns at least so many shards of the waiting rooms."""
        wait_for(
            lambda: self.is_ready() and self.owned() >= least,
            seconds=READY_TIMEOUT_S,
            otherwise=lambda: f"{self.url} is not ready; see {self._log}",
        )

    def end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


# -- what happens ---------------------------------------------------------------------------------


async def leaves(victim: Api, _: Api) -> None:
    victim.send(signal.SIGTERM)


async def is_killed(victim: Api, _: Api) -> None:
    victim.send(signal.SIGKILL)


async def freezes(victim: Api, _: Api) -> None:
    victim.send(signal.SIGSTOP)
    await asyncio.sleep(FROZEN_S)
    victim.send(signal.SIGCONT)


async def third_comes(_: Api, third: Api) -> None:
    third.start()
    await asyncio.to_thread(third.await_ready)


HAPPENINGS: Sequence[tuple[str, str, Callable[[Api, Api], Awaitable[None]]]] = (
    ("one leaves", "below 1 s", leaves),
    ("one is killed", "10 s", is_killed),
    ("one freezes for 8 s", "10 s", freezes),
    ("a third comes", "below 1 s", third_comes),
)


# -- load -----------------------------------------------------------------------------------------


class Answered(NamedTuple):
    """A join that was answered: when, and where it is said to be."""

    at: float
    position: str


@dataclass
class Load:
    """Joins at a fixed rate; `answered` by command id, `turned_away` counts answers of 503."""

    session: aiohttp.ClientSession
    url: str
    rooms: Sequence[str]
    answered: dict[str, Answered] = field(default_factory=dict)
    turned_away: int = 0

    async def run(self, rate: float, happening: Awaitable[None]) -> None:
        """Go on until some seconds after the happening."""
        ending = asyncio.ensure_future(self._around(happening))
        joins: set[asyncio.Task[None]] = set()
        start = time.perf_counter()
        for number, room in enumerate(itertools.cycle(self.rooms)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            if ending.done():
                break
            joins.add(asyncio.ensure_future(self._join(room)))
        await asyncio.gather(ending, *joins)

    async def _around(self, happening: Awaitable[None]) -> None:
        await asyncio.sleep(BEFORE_S)
        await happening
        await asyncio.sleep(AFTER_S)

    async def _join(self, room: str) -> None:
        key = uuid.uuid4().hex
        body = {"user_id": key, "event_id": room, "priority": 0}
        while True:
            async with self.session.post(
                f"{self.url}/api/v1/waitroom/join", json=body, headers={"Idempotency-Key": key}
            ) as answer:
                if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    answer.raise_for_status()
                    now = time.perf_counter()
                    self.answered[f"bench/{key}"] = Answered(now, answer.headers["Position"])
                    return
                self.turned_away += 1
                await asyncio.sleep(float(answer.headers["Retry-After"]))

    def gaps(self) -> dict[str, float]:
        """The longest time without an answer in each shard, in milliseconds."""
        times: dict[str, list[float]] = defaultdict(list)
        for at, position in self.answered.values():
            times[position.partition("@")[0]].append(at)
        return {
            shard: 1_000 * max(later - earlier for earlier, later in pairwise(sorted(ats)))
            for shard, ats in times.items()
        }


# -- what is in the log ---------------------------------------------------------------------------


@dataclass
class Log:
    """The waiting rooms' part of the log: the epoch of each shard, and what each join led to."""

    epochs: dict[str, int]
    joins: dict[str, list[Recorded]]

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Read it from the beginning to its end."""
        partitions = {WAITROOMS.topic: settings.log_partitions}
        reader = KafkaLogReader(
            settings.kafka_bootstrap, [WAITROOMS], partitions, f"bench-{uuid.uuid4().hex}"
        )
        reader.start(())
        ends, joins = reader.ends(), defaultdict(list)
        while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
            for recorded in reader.read(10_000, 1).events:
                joins[recorded.command_id].append(recorded)
        epochs = {f"{c.topic}/{c.partition}": c.epoch for c in reader.checkpoints()}
        reader.close()
        return cls(epochs, joins)

    def lost(self, answered: Mapping[str, Answered]) -> int:
        """How many answered joins are not there, once, at the position that was told."""
        return sum(not self._has(id, each.position) for id, each in answered.items())

    def _has(self, id: str, position: str) -> bool:
        found = self.joins.get(id, ())
        once = sum(isinstance(recorded.event, WaitroomJoined) for recorded in found) == 1
        return once and str(found[-1].position) == position


# -- the table ------------------------------------------------------------------------------------


class Run(NamedTuple):
    """What one run measured; `gaps` of the shards that changed hands."""

    gaps: Sequence[float]
    turned_away: int
    answered: int
    lost: int


@dataclass
class Bench:
    """Two processes of the API, a third at times, and rooms in every shard."""

    hall: Hall
    rate: float
    rooms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = self.hall.settings
        first = settings.first_peer_port
        self.victim, self.other, self.third = (Api(settings, first + n) for n in range(3))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both run during the block, and nothing does after it."""
        try:
            self.mend()
            self.open_rooms()
            yield
        finally:
            for api in (self.victim, self.other, self.third):
                api.end()

    def mend(self) -> None:
        """Both run, and each has its part."""
        self.third.end()
        for api in (self.other, self.victim):
            api.start_if_ended()
        for api in (self.other, self.victim, self.other):  # whose part changes once more
            api.await_ready(self.hall.settings.log_partitions // 2)

    def open_rooms(self) -> None:
        partitions = self.hall.settings.log_partitions
        by_shard: dict[int, str] = {}
        while len(by_shard) < partitions:
            room = f"bench-{uuid.uuid4().hex[:12]}"
            by_shard.setdefault(partition_for(room, partitions), room)
        self.rooms = list(by_shard.values())
        for room in self.rooms:
            body = {"event_id": room, "capacity": 1, "checkout_seconds": 3_600}
            self.hall.post("/api/v1/waitroom", body)

    def run(self, happens: Callable[[Api, Api], Awaitable[None]]) -> Run:
        self.mend()
        before = Log.read(self.hall.settings).epochs
        load = uvloop.run(self._load(happens))
        log = Log.read(self.hall.settings)
        moved = [gap for shard, gap in load.gaps().items() if log.epochs[shard] > before[shard]]
        return Run(moved, load.turned_away, len(load.answered), log.lost(load.answered))

    async def _load(self, happens: Callable[[Api, Api], Awaitable[None]]) -> Load:
        headers = {"Authorization": f"Bearer {self.hall.token}"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
            load = Load(session, self.other.url, self.rooms)
            await load.run(self.rate, happens(self.victim, self.third))
            return load


@click.command()
@click.option("--runs", default=3, show_default=True, help="Runs of each kind.")
@click.option("--rate", default=200.0, show_default=True, help="Joins a second.")
def main(runs: int, rate: float) -> None:
    """Measure takeovers beside the targets."""
    bench = Bench(Hall(), rate)
    table = Table(title=f"Two processes, {rate:g} joins a second; {runs} runs each")
    table.add_column("what happens")
    for column in (
        "shards moved",
        "median ms",
        "worst ms",
        "target",
        "503",
        "answered",
        "not in the log",
    ):
        table.add_column(column, justify="right")
    with bench.running():
        for title, target, happens in HAPPENINGS:
            table.add_row(title, *row([bench.run(happens) for _ in range(runs)], target))
    console = Console()
    console.print(table)
    console.print("median and worst: of the shards that moved, the longest time without an answer")
    console.print(f"{machine()}; load: {os.getloadavg()[0]:.1f}, all on this machine")


def row(runs: Sequence[Run], target: str) -> Iterator[str]:
    gaps = [gap for run in runs for gap in run.gaps]
    yield " ".join(str(len(run.gaps)) for run in runs)
    yield f"{median(gaps):,.0f}"
    yield f"{max(gaps):,.0f}"
    yield target
    yield " ".join(f"{run.turned_away:,}" for run in runs)
    yield f"{sum(run.answered for run in runs):,}"
    yield f"{sum(run.lost for run in runs)}"


if __name__ == "__main__":
    main()
