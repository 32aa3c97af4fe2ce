"""Three brokers on this machine, set up as production should be, with two ways to each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path

from confluent_kafka.admin import AdminClient

from infra import reach
from infra.kafka.quiet_logger import QUIET
from infra.stack import kafka
from infra.stack.ports import HOST
from infra.stack.progress import ConsoleProgress
from infra.stack.waiting import wait_for
from tests.chaos.processes import Process
from tests.conftest import JARS, free_port

BROKERS = 3
START_TIMEOUT_S = 200
ANSWER_TIMEOUT_S = 10

# Clients that bootstrap at WIRED are sent on over the wires (`network`), since that is where the
# brokers say that they are to be found.
CONFIGURATION = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{port},WIRED://{host}:{wired_port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port},WIRED://{host}:{wire}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,WIRED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=data
auto.create.topics.enable=false
min.insync.replicas=2
unclean.leader.election.enable=false
offsets.topic.replication.factor=3
offsets.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=4
log.cleaner.dedupe.buffer.size=16777216
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
controller.quorum.fetch.timeout.ms=2000
controller.quorum.election.timeout.ms=500
controller.quorum.election.backoff.max.ms=500
"""


class Broker(Process):
    """One node of the cluster; clients reach it at `port`, or over a wire at `wired_port`."""

    def __init__(self, number: int, ports: Sequence[int], folder: Path) -> None:
        self.number = number
        self.port, self.wired_port, self.controller, self.wire = ports
        self.folder = folder

    @property
    def voter(self) -> str:
        return f"{self.number}@{HOST}:{self.controller}"

    def prepare(self, voters: str, cluster: str) -> None:
        configuration = CONFIGURATION.format(
            number=self.number,
            voters=voters,
            host=HOST,
            port=self.port,
            wired_port=self.wired_port,
            wire=self.wire,
            controller=self.controller,
        )
        program = kafka.node(self.folder, configuration, cluster, JARS, ConsoleProgress())
        # A broker at work writes a line for each partition that changes hands.
        quiet = kafka.LOGGING.replace("rootLogger.level = info", "rootLogger.level = warn")
        (self.folder / "log4j2.properties").write_text(quiet)
        super().__init__(program.command, self.folder, self.folder / "kafka.log")

    def answers(self) -> bool:
        return reach.answers(reach.kafka, f"{HOST}:{self.port}")


class Cluster:
    """The brokers, each of them controller too."""

    def __init__(self, folder: Path) -> None:
        ports = count(free_port(4 * BROKERS))
        self.brokers = [
            Broker(number, [*islice(ports, 4)], folder / f"kafka-{number}")
            for number in range(1, BROKERS + 1)
        ]
        voters = ",".join(broker.voter for broker in self.brokers)
        cluster = kafka.new_cluster()
        for broker in self.brokers:
            broker.prepare(voters, cluster)

    @property
    def bootstrap(self) -> str:
        return ",".join(f"{HOST}:{broker.port}" for broker in self.brokers)

    @property
    def wired_bootstrap(self) -> str:
        return ",".join(f"{HOST}:{broker.wire}" for broker in self.brokers)

    @property
    def wires(self) -> dict[int, int]:
        """Where each wire begins, and the port where it ends."""
        return {broker.wire: broker.wired_port for broker in self.brokers}

    def coordinator(self, group: str) -> Broker:
        """The broker that keeps a consumer group."""
        admin = self._admin()  # named, since its futures fail once nobody holds it
        described = admin.describe_consumer_groups([group])[group].result(ANSWER_TIMEOUT_S)
        assert described.coordinator, f"nobody keeps {group}"
        return self._broker(described.coordinator.id)

    def mend(self) -> None:
        """Make every broker run, and wait until no replica is behind."""
        for broker in self.brokers:
            broker.mend()
        self.await_answers()
        wait_for(
            self._is_whole, seconds=START_TIMEOUT_S, otherwise=lambda: "replicas stay out of sync"
        )

    def await_answers(self) -> None:
        """Wait until each broker answers."""
        for broker in self.brokers:
            wait_for(
                broker.answers,
                seconds=START_TIMEOUT_S,
                otherwise=lambda: "a broker does not answer",
            )

    def _is_whole(self) -> bool:
        topics = self._admin().list_topics(timeout=ANSWER_TIMEOUT_S).topics.values()
        partitions = [p for topic in topics for p in topic.partitions.values()]
        return all(len(p.isrs) == len(p.replicas) == BROKERS for p in partitions)

    def _broker(self, number: int) -> Broker:
        return self.brokers[number - 1]

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap}, logger=QUIET)


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster that answers, and is gone after the block."""
    cluster = Cluster(folder)
    try:
        for broker in cluster.brokers:
            broker.start()
        cluster.await_answers()
        yield cluster
    finally:
        for broker in cluster.brokers:
            if broker.running:
                broker.kill()
