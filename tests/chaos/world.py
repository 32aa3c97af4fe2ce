"""Everything that faults are done to: brokers, two processes of the API, and their clients."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from domain.categories import CATEGORIES
from domain.events import Recorded
from infra.eventlog.reader import KafkaLogReader
from infra.stack.ports import HOST
from infra.stack.waiting import wait_for
from interfaces.settings import HALL_PORTS
from tests.chaos.cluster import Broker, Cluster, running_cluster
from tests.chaos.network import Network
from tests.chaos.processes import Process
from tests.conftest import ROOT, Hall, free_port, hall_in
from tests.people import a_name

START_TIMEOUT_S = 60
CROWD = 12
"""Clients at a time, each with one command on its way."""


class Api(Process):
    """A process of the API, as an orchestrator starts it, without the supervisor."""

    def __init__(self, name: str, hall: Hall, kafka: str) -> None:
        port = free_port(HALL_PORTS)
        self.url = f"http://{HOST}:{port}"
        settings = {
            "PORT": str(port),
            "KAFKA": kafka,
            "POSTGRES": hall.postgres,
            "REDIS": hall.redis,
        }
        environment = {f"GAMEHALL_{key}": value for key, value in settings.items()}
        super().__init__(
            [sys.executable, "-m", "interfaces.cli", "api"],
            ROOT,
            hall.settings.home / f"{name}.log",
            {**hall.environment, **environment},
        )

    def await_ready(self) -> None:
        wait_for(
            lambda: self._health().startswith("200"),
            seconds=START_TIMEOUT_S,
            otherwise=lambda: f"{self.url} is not ready: {self._health()}",
        )

    def await_cut_off(self) -> None:
        """Wait until it has given up what it had on its way, and knows no owner any more."""
        wait_for(
            lambda: "owner" in self._health(),
            seconds=START_TIMEOUT_S,
            otherwise=lambda: f"{self.url} has not noticed: {self._health()}",
        )

    def _health(self) -> str:
        try:
            answer = httpx.get(f"{self.url}/health/ready?of=commands", timeout=5)
        except httpx.TransportError as error:
            return repr(error)
        return f"{answer.status_code} {answer.text}"


@dataclass(frozen=True)
class World:
    """`wired` reaches the brokers over the network that can be cut; `other` directly."""

    hall: Hall
    cluster: Cluster
    network: Network
    wired: Api
    other: Api

    @property
    def apis(self) -> tuple[Api, Api]:
        return self.wired, self.other

    @property
    def partitions(self) -> dict[str, int]:
        return {category.topic: self.hall.settings.log_partitions for category in CATEGORIES}

    def mend(self) -> None:
        """Make everything well again, whatever was done to it."""
        self.network.heal()
        self.cluster.mend()
        for api in self.apis:
            api.mend()
        for api in self.apis:
            api.await_ready()

    def keeper(self) -> Broker:
        """The broker that keeps the group of owners, and leads a part of the shards like any."""
        return self.cluster.coordinator("gamehall-owners")

    def read_log(self) -> list[Recorded]:
        """All that the gate accepts, from the beginning to the end."""
        reader = KafkaLogReader(
            self.cluster.bootstrap, CATEGORIES, self.partitions, a_name("chaos")
        )
        reader.start(())
        ends, log = reader.ends(), list[Recorded]()
        while any(c.offset < ends[c.topic, c.partition] for c in reader.checkpoints()):
            log.extend(reader.read(2_000, 1).events)
        reader.close()
        return log


@contextmanager
def running_world(home: Path) -> Iterator[World]:
    """Start everything, and end it after the block."""
    with ExitStack() as held:
        cluster = held.enter_context(running_cluster(home))
        hall = hall_in(home / "hall", KAFKA=cluster.bootstrap, REPLICATION_FACTOR="3")
        hall.up("--servers")
        held.callback(hall.down)
        network = Network(cluster.wires)
        held.enter_context(network.up())
        wired = Api("wired", hall, cluster.wired_bootstrap)
        other = Api("other", hall, cluster.bootstrap)
        for api in (wired, other):
            held.callback(api.stop)
            api.start()
        for api in (wired, other):
            api.await_ready()
        yield World(hall, cluster, network, wired, other)
