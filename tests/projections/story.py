"""Writes true stories to the log, as an owner of its shards would, without the API."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import stamina
from confluent_kafka import KafkaException, Producer

from application.log.records import Claim, Codec, Commit
from application.ports.reading import Checkpoint, ShardId
from domain.aggregate import Aggregate, Command
from domain.categories import CATEGORIES
from domain.category import Category
from domain.events import DomainEvent, Metadata, Position, Recorded
from infra.eventlog.partition import partition_for
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.clients import producer_config
from infra.kafka.topics import existing
from tests.given import T0

TOPIC_OF = {event: category.topic for category in CATEGORIES for event in category.evolvers}
AGGREGATE_OF = {
    command: aggregate
    for category in CATEGORIES
    for command, aggregate in category.deciders.items()
}


class Narrator:
    """Decides commands on aggregates, and numbers their events as shards of a log do."""

    def __init__(self, partitions: int = 4) -> None:
        self.partitions = partitions
        self.events: list[Recorded] = []
        self._aggregates: dict[tuple[type[Aggregate], str], Aggregate] = {}
        self._next: dict[tuple[str, int], int] = {}

    def tell(self, *commands: Command, now: datetime = T0) -> list[Recorded]:
        """Decide commands, none of which is refused; returns their events."""
        return [recorded for command in commands for recorded in self._decide(command, now)]

    def _decide(self, command: Command, now: datetime) -> list[Recorded]:
        kind, id = AGGREGATE_OF[type(command)], command.aggregate_id
        aggregate = self._aggregates.setdefault((kind, id), kind(id))
        aggregate.decide(command, now)
        return self.record(aggregate.collect_events())

    def record(self, events: Iterable[DomainEvent]) -> list[Recorded]:
        """Give events their places."""
        recorded = [self._place(event) for event in events]
        self.events.extend(recorded)
        return recorded

    def _place(self, event: DomainEvent) -> Recorded:
        shard = TOPIC_OF[type(event)], partition_for(event.originator_id, self.partitions)
        seq = self._next.get(shard, 0)
        self._next[shard] = seq + 1
        return Recorded(event, Position(*shard, seq), f"command-{shard[1]}-{seq}", Metadata())


def standing(bootstrap: str, categories: Sequence[Category]) -> dict[ShardId, Checkpoint]:
    """Where each shard of some logs ends."""
    partitions = existing(bootstrap)
    reader = KafkaLogReader(bootstrap, categories, partitions, "story", of="nobody")
    with closing(reader):
        reader.start(())
        # Brokers that have just created a topic need a moment to agree on who leads it.
        ends = stamina.retry(on=KafkaException)(reader.ends)()
        while any(at.offset < ends[at.topic, at.partition] for at in reader.checkpoints()):
            reader.read(10_000, 0.5)
        return {(at.topic, at.partition): at for at in reader.checkpoints()}


class KafkaNarrator(Narrator):
    """A narrator whose events are in Kafka when `tell` returns; it takes every shard it needs."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(existing(bootstrap)[CATEGORIES[0].topic])
        self._producer = Producer(producer_config(bootstrap))
        self._codecs = {category.topic: Codec(category) for category in CATEGORIES}
        first = standing(bootstrap, CATEGORIES)
        self._epochs = {shard: at.epoch for shard, at in first.items()}
        self._next = {shard: at.next_seq for shard, at in first.items()}
        self._claimed: set[tuple[str, int]] = set()
        self._owner = f"narrator-{id(self)}"

    def record(self, events: Iterable[DomainEvent]) -> list[Recorded]:
        recorded = super().record(events)
        self.write(recorded)
        return recorded

    def write(self, recorded: Sequence[Recorded]) -> None:
        """One commit for each event."""
        for each in recorded:
            self._claim(each.position[:2])
            self._append(each)
        assert self._producer.flush(30) == 0

    def put(self, topic: str, partition: int, value: bytes) -> None:
        """Anything at all."""
        self._producer.produce(topic, value, partition=partition)

    def _claim(self, shard: tuple[str, int]) -> None:
        if shard not in self._claimed:
            self._claimed.add(shard)
            self._epochs[shard] = self._epochs.get(shard, 0) + 1
            claim = Claim(epoch=self._epochs[shard], owner=self._owner, url="http://nobody")
            self.put(*shard, self._codecs[shard[0]].encode(claim))

    def _append(self, recorded: Recorded) -> None:
        topic, partition, seq = recorded.position
        commit: Commit[Any] = Commit(
            epoch=self._epochs[topic, partition],
            owner=self._owner,
            seq=seq,
            command_id=recorded.command_id,
            metadata=recorded.metadata,
            events=[recorded.event],
        )
        self._producer.poll(0)
        self.put(topic, partition, self._codecs[topic].encode(commit))
