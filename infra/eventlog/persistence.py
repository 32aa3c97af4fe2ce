"""Applications of the `eventsourcing` library on Kafka, with this as their `PERSISTENCE_MODULE`.

Environment, each also with the application's name in front (`BANKACCOUNTS_KAFKA_…`):

- `KAFKA_BOOTSTRAP_SERVERS`: host:port of one or more brokers, separated by commas, and the way in
  around them; see `infra.kafka.clients.connection`. Required.
- `KAFKA_TOPIC_PREFIX`: put in front of the names of topics; empty by default.
- `KAFKA_REPLICATION_FACTOR`: how many brokers hold each topic that is created; 1 by default.
- `KAFKA_TIMEOUT`: seconds that an insert or a read waits for Kafka; 30 by default.
- `KAFKA_CACHE_BYTES`: memory for events of each topic, beside its index; 64 MiB by default.
- `CREATE_TABLE`: whether topics that are missing are created; yes by default.
"""

import re
from typing import TypeVar, cast

from eventsourcing.persistence import InfrastructureFactory, OperationalError, ProgrammingError
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool

from application.topics import Topic
from infra.errors import SetupError
from infra.eventlog.recorders.blocking import BlockingLog
from infra.eventlog.recorders.ledger import MOST_RECORD_BYTES
from infra.eventlog.recorders.recorders import (
    KafkaAggregateRecorder,
    KafkaApplicationRecorder,
    KafkaProcessRecorder,
    KafkaTrackingRecorder,
)
from infra.eventlog.recorders.shared import borrow, give_back
from infra.kafka.topics import create_missing, existing

Tracker = TypeVar("Tracker", bound=KafkaTrackingRecorder)
Recorder = TypeVar("Recorder", bound=KafkaAggregateRecorder | KafkaTrackingRecorder)


class KafkaFactory(InfrastructureFactory[KafkaTrackingRecorder]):
    """Makes recorders that keep what they store in Kafka.

    One topic with one partition for each application and purpose: `bankaccounts-events-log`,
    `bankaccounts-snapshots-log`. A process has it open once, whoever uses it.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._bootstrap = self.env.get("KAFKA_BOOTSTRAP_SERVERS") or ""
        if not self._bootstrap:
            raise OSError("Set KAFKA_BOOTSTRAP_SERVERS to host:port of one or more brokers.")
        self._prefix = self.env.get("KAFKA_TOPIC_PREFIX") or ""
        self._replication_factor = int(self._number("KAFKA_REPLICATION_FACTOR", 1))
        self._seconds = self._number("KAFKA_TIMEOUT", 30)
        self._cache_bytes = int(self._number("KAFKA_CACHE_BYTES", 64 * 1024 * 1024))
        self._logs: dict[str, BlockingLog] = {}

    def _number(self, name: str, default: float) -> float:
        text = self.env.get(name) or str(default)
        try:
            return float(text)
        except ValueError:
            raise OSError(f"{name} is {text!r}, but takes a number.") from None

    def aggregate_recorder(self, purpose: str = "events") -> KafkaAggregateRecorder:
        """A recorder of this purpose: `events` or `snapshots`."""
        return KafkaAggregateRecorder(self._log(purpose))

    def application_recorder(self) -> KafkaApplicationRecorder:
        """The recorder that `APPLICATION_RECORDER_TOPIC` names, or the usual one."""
        cls = self._named(self.APPLICATION_RECORDER_TOPIC, KafkaApplicationRecorder)
        return cls(self._log("events"))

    def tracking_recorder(self, tracking_recorder_class: type[Tracker] | None = None) -> Tracker:
        """A recorder of this class, or of that which `TRACKING_RECORDER_TOPIC` names."""
        cls = tracking_recorder_class or cast(
            "type[Tracker]", self._named(self.TRACKING_RECORDER_TOPIC, KafkaTrackingRecorder)
        )
        return cls(self._log("tracking"))

    def process_recorder(self) -> KafkaProcessRecorder:
        """The recorder that `PROCESS_RECORDER_TOPIC` names, or the usual one."""
        cls = self._named(self.PROCESS_RECORDER_TOPIC, KafkaProcessRecorder)
        return cls(self._log("events"))

    def _named(self, variable: str, usual: type[Recorder]) -> type[Recorder]:
        topic = self.env.get(variable)
        if not topic:
            return usual
        named = resolve_topic(topic)
        if not (isinstance(named, type) and issubclass(named, usual)):
            raise ProgrammingError(f"{variable} is {topic!r}, which is no {usual.__name__}.")
        return named

    def _log(self, purpose: str) -> BlockingLog:
        application = re.sub(r"[^a-z0-9._-]", "-", self.env.name.lower()) or "stored"
        name = f"{self._prefix}{application}-{purpose}"
        self._ensure(f"{name}-log")
        if name not in self._logs:
            self._logs[name] = borrow(self._bootstrap, name, lambda: self._make(name))
        return self._logs[name]

    def _make(self, name: str) -> BlockingLog:
        return BlockingLog(
            self._bootstrap, name, seconds=self._seconds, most_bytes=self._cache_bytes
        )

    def _ensure(self, topic: str) -> None:
        try:
            if topic not in existing(self._bootstrap, self._seconds):
                self._create(topic)
            # Asked again, as somebody else may have made it just now.
            partitions = existing(self._bootstrap, self._seconds).get(topic, 1)
            if partitions > 1:
                raise ProgrammingError(
                    f"{topic} has {partitions} partitions, and what recorders store has one order;"
                    " choose another KAFKA_TOPIC_PREFIX."
                )
        except SetupError as problem:
            raise OperationalError(str(problem)) from problem

    def _create(self, topic: str) -> None:
        if not strtobool(self.env.get("CREATE_TABLE") or "yes"):
            raise ProgrammingError(
                f"There is no topic {topic}; create it with one partition, or let CREATE_TABLE be"
                " yes."
            )
        largest = {"max.message.bytes": str(MOST_RECORD_BYTES)}
        topics = [Topic(topic, 1, "log")]
        create_missing(self._bootstrap, topics, self._replication_factor, **largest)

    def close(self) -> None:
        """Give back every topic; those that nobody else in this process uses are closed."""
        while self._logs:
            _, log = self._logs.popitem()
            give_back(log)
