"""What is on its way from the processes to the brokers, as a producer with `acks=all` sends it.

A request is sent again until a committed record acknowledges it, or given up with an error, after
which it may still arrive. On a tame wire a session's records arrive in order and once, as Kafka
promises an idempotent producer; on a wild one they are also repeated and reordered at will.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.eventlog.simulation.broker import Entry, Partition, Rejected


class Placed(NamedTuple):
    """Where a request's record stands while it waits to be acknowledged."""

    broker: int
    epoch: int
    offset: int


@dataclass
class Producer:
    """One life of an idempotent producer; `failed` is called for each record that it gives up."""

    name: str
    session: int
    failed: Callable[[], None]
    next_sequence: int = 0


@dataclass(eq=False)
class Request:
    """A record that has not been acknowledged; nobody waits for one without a producer."""

    producer: Producer | None
    session: int
    sequence: int
    value: bytes
    arrives_at: float = 0.0
    placed: Placed | None = None

    @property
    def sender(self) -> str:
        """The process that still tries to deliver it; a copy in the network has none."""
        return self.producer.name if self.producer else ""


@dataclass
class Wire:
    """Every request of every producer, in the order in which they were sent.

    `arrival` says for each, as it is sent, before when it will not arrive.
    """

    partition: Partition
    arrival: Callable[[], float]
    requests: list[Request] = field(default_factory=list)
    sessions: int = 0

    def connect(self, name: str, failed: Callable[[], None]) -> Producer:
        """A producer with a session of its own."""
        return Producer(name, self._new_session(), failed)

    def send(self, producer: Producer, value: bytes) -> None:
        """Put a record on its way."""
        self.requests.append(
            Request(producer, producer.session, producer.next_sequence, value, self.arrival())
        )
        producer.next_sequence += 1

    def send_again(self, entry: Entry) -> None:
        """Put a copy of an old record on its way."""
        self.requests.append(Request(None, entry.session, entry.sequence, entry.value))

    @property
    def pending(self) -> Sequence[Request]:
        """What has not arrived."""
        return [request for request in self.requests if request.placed is None]

    def deliver(self, request: Request, broker: int) -> Rejected | None:
        """Let a request arrive at a broker."""
        answer = self.partition.append(broker, request.session, request.sequence, request.value)
        if isinstance(answer, int):
            request.placed = Placed(broker, self.partition.brokers[broker].epoch, answer)
            return None
        return answer

    def acknowledge(self) -> None:
        """Forget what is committed; send again what a leader lost before it was."""
        waiting = []
        for request in self.requests:
            if request.placed:
                acknowledged = self.partition.is_acknowledged(*request.placed)
                if acknowledged:
                    continue
                if acknowledged is None:
                    request.placed = None
            waiting.append(request)
        self.requests = waiting

    def give_up(self, request: Request, *, lost: bool) -> None:
        """The producer reports an error. Unless `lost`, the record may arrive all the same."""
        producer, request.producer = request.producer, None
        if lost:
            self.requests.remove(request)
        if producer is not None:
            self._renumber(producer)
            producer.failed()

    def disconnect(self, producer: Producer, sent: int) -> None:
        """The producer's process is gone: only `sent` of its pending records had left it."""
        mine = [request for request in self.pending if request.producer is producer]
        for request in mine[sent:]:
            self.requests.remove(request)
        for request in self.requests:
            if request.producer is producer:
                request.producer = None

    def _renumber(self, producer: Producer) -> None:
        """What is still to be sent goes out in a new session, which has no gap."""
        producer.session, producer.next_sequence = self._new_session(), 0
        for request in self.pending:
            if request.producer is producer:
                request.session, request.sequence = producer.session, producer.next_sequence
                producer.next_sequence += 1

    def _new_session(self) -> int:
        self.sessions += 1
        return self.sessions
