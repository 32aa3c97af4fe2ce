"""One partition on three brokers, as Kafka replicates it, and nothing better.

Modelled: a leader with an epoch, followers that fetch and first cut off what the leader does not
have, the in-sync replicas, the high watermark below which alone consumers read, `acks=all` with
`min.insync.replicas`, leaders elected from the in-sync replicas only, brokers that learn of an
election late (so that two of them lead for a while), brokers that stop and come back with their
disk, and the sequence check of idempotent producers. Everything happens when the world says so.

After Kafka's replication protocol (Kreps et al., "Kafka: a Distributed Messaging System for Log
Processing", 2011; the truncation by leader epochs of KIP-101 and KIP-279).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

REPLICAS = 3
MIN_IN_SYNC = 2


class Entry(NamedTuple):
    """A record in a broker's log: who led when it was appended, who produced it, and what it is."""

    leader_epoch: int
    session: int
    sequence: int
    value: bytes


class Rejected(Enum):
    """Why a broker did not take a record; the producer tries again."""

    UNREACHABLE = "the broker is down"
    NOT_LEADER = "it does not lead"
    NOT_ENOUGH_REPLICAS = "too few replicas are in sync"
    OUT_OF_ORDER = "an earlier record of the same session is missing"


@dataclass
class Broker:
    """One replica, with what it believes about who leads."""

    id: int
    log: list[Entry] = field(default_factory=list)
    high_watermark: int = 0
    up: bool = True
    leader: int = 0
    epoch: int = 0
    in_sync: set[int] = field(default_factory=lambda: set(range(REPLICAS)))
    fetched: dict[int, int] = field(default_factory=dict)

    @property
    def leads(self) -> bool:
        """Whether it takes records and serves readers, rightly or because it has not heard."""
        return self.up and self.leader == self.id

    def raise_high_watermark(self) -> None:
        """Everything that all in-sync replicas have is committed."""
        ends = [self.fetched.get(id, 0) for id in self.in_sync if id != self.id]
        self.high_watermark = max(self.high_watermark, min([len(self.log), *ends]))

    def last(self, session: int) -> int:
        """The number of the last record it has of a producer's session; -1 for none."""
        return next((e.sequence for e in reversed(self.log) if e.session == session), -1)

    def offset_of(self, session: int, sequence: int) -> int:
        """Where it has a record of a session."""
        numbers = [(entry.session, entry.sequence) for entry in self.log]
        return numbers.index((session, sequence))


class Partition:
    """Three brokers and what the controller has decided about them."""

    def __init__(self, *, idempotent: bool, unclean: bool = False) -> None:
        self.brokers = [Broker(id) for id in range(REPLICAS)]
        self.leader = 0
        self.epoch = 0
        self.in_sync = set(range(REPLICAS))
        self.idempotent = idempotent
        self.unclean = unclean
        self.committed: list[Entry] = []

    # -- what clients ask of a broker -----------------------------------------------------------

    def append(self, id: int, session: int, sequence: int, value: bytes) -> int | Rejected:
        """Append a record at a broker, unless it has it; its offset there, not yet committed."""
        broker = self.brokers[id]
        if rejected := _rejects(broker):
            return rejected
        if self.idempotent:
            last = broker.last(session)
            if sequence <= last:
                return broker.offset_of(session, sequence)
            if sequence > last + 1:
                return Rejected.OUT_OF_ORDER
        broker.log.append(Entry(broker.epoch, session, sequence, value))
        self._raise_high_watermark(broker)
        return len(broker.log) - 1

    def is_acknowledged(self, id: int, epoch: int, offset: int) -> bool | None:
        """Whether a record appended at `offset` is committed; None when its leader has lost it."""
        broker = self.brokers[id]
        if not broker.leads or broker.epoch != epoch:
            return None
        return broker.high_watermark > offset

    def read(self, id: int, offset: int, limit: int) -> Sequence[Entry]:
        """What a broker shows a consumer: nothing above its high watermark."""
        broker = self.brokers[id]
        if not broker.leads:
            return ()
        return broker.log[offset : min(broker.high_watermark, offset + limit)]

    def end(self, id: int) -> int | None:
        """Where a broker says that the partition ends; None when it does not answer."""
        broker = self.brokers[id]
        return broker.high_watermark if broker.leads else None

    # -- what brokers do among themselves -------------------------------------------------------

    def replicate(self, id: int, limit: int) -> None:
        """Let a follower fetch from whom it believes to be the leader."""
        follower = self.brokers[id]
        leader = self.brokers[follower.leader]
        same_leader = leader.leads and leader is not follower and leader.epoch == follower.epoch
        if not (follower.up and same_leader):
            return
        _truncate(follower.log, leader.log)
        have = len(follower.log)
        follower.log.extend(leader.log[have : have + limit])
        follower.high_watermark = max(
            follower.high_watermark, min(len(follower.log), leader.high_watermark)
        )
        leader.fetched[id] = len(follower.log)
        self._raise_high_watermark(leader)

    def elect(self, id: int) -> None:
        """The controller makes an in-sync replica the leader; nobody has heard of it yet."""
        if self.brokers[id].up and (self.unclean or id in self.in_sync):
            self.leader = id
            self.epoch += 1
            self.in_sync = {i for i in self.in_sync if self.brokers[i].up} | {id}

    def learn(self, id: int) -> None:
        """A broker hears what the controller has decided."""
        broker = self.brokers[id]
        if broker.up and broker.epoch < self.epoch:
            broker.leader, broker.epoch = self.leader, self.epoch
            broker.in_sync = set(self.in_sync)
            broker.fetched = {}
            if broker.leads:
                self._raise_high_watermark(broker)

    def shrink(self, id: int) -> None:
        """The leader takes a follower that lags out of the in-sync replicas."""
        leader = self.brokers[self.leader]
        lags = leader.fetched.get(id, 0) < len(leader.log) or not self.brokers[id].up
        if self._may_alter(leader) and id in self.in_sync - {self.leader} and lags:
            self._set_in_sync(leader, self.in_sync - {id})

    def expand(self, id: int) -> None:
        """The leader takes a follower back that has all that is committed."""
        leader = self.brokers[self.leader]
        caught_up = leader.fetched.get(id, -1) >= leader.high_watermark
        if self._may_alter(leader) and self.brokers[id].up and caught_up:
            self._set_in_sync(leader, self.in_sync | {id})

    def _may_alter(self, leader: Broker) -> bool:
        # The controller refuses a leader that it has replaced.
        return leader.leads and leader.epoch == self.epoch

    def _set_in_sync(self, leader: Broker, in_sync: set[int]) -> None:
        self.in_sync = in_sync
        leader.in_sync = set(in_sync)
        self._raise_high_watermark(leader)

    def _raise_high_watermark(self, leader: Broker) -> None:
        leader.raise_high_watermark()
        self.committed.extend(leader.log[len(self.committed) : leader.high_watermark])


def _rejects(broker: Broker) -> Rejected | None:
    if not broker.up:
        return Rejected.UNREACHABLE
    if not broker.leads:
        return Rejected.NOT_LEADER
    return Rejected.NOT_ENOUGH_REPLICAS if len(broker.in_sync) < MIN_IN_SYNC else None


def _truncate(log: list[Entry], leaders: list[Entry]) -> None:
    while log and (len(log) > len(leaders) or log[-1] != leaders[len(log) - 1]):
        log.pop()
