"""Where topics begin and end, and what stands last in them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from application.effects.happenings import Happening, of_event
from application.effects.sources import TYPE_FIELD, SourceTopic
from application.log.records import Claim, Codec, MalformedRecord, recorded_events
from application.ports.commands import Unavailable
from application.ports.reading import ShardId
from domain.categories import CATEGORIES
from domain.effects.rule import Beginning
from infra.effects.sources import messages_of
from infra.eventlog.log import KafkaLog
from infra.kafka.clients import consumer_config
from infra.kafka.fetching import what_there_is
from infra.kafka.watermarks import Watermarks

GROUP = "gamehall-effects"
CATCH_UP_S = 5.0
PAUSE_S = 0.01
READ_TIMEOUT_S = 10.0
POLL_S = 0.2


class KafkaPlaces:
    """Implements `application.effects.desk.TopicPlaces`.

    Of a log, the end is where this process has read it, once that is all there was when it was
    asked: there alone the state of the gate is known.
    """

    def __init__(self, bootstrap: str, log: KafkaLog) -> None:
        self._bootstrap = bootstrap
        self._log = log

    async def beginnings(self, source: SourceTopic) -> Sequence[Beginning]:
        """See the port."""
        if source.gated:
            return [Beginning(partition=partition) for partition in range(source.partitions)]
        return await self._of_public(source, "beginnings")

    async def ends(self, source: SourceTopic) -> Sequence[Beginning]:
        """See the port."""
        if not source.gated:
            return await self._of_public(source, "ends")
        try:
            ends = await self._log.ends()
        except KafkaException as error:
            raise Unavailable("Kafka does not say where the log ends.") from error
        shards = {s.partition: s for s in self._log.shards if s.topic == source.topic}
        give_up = time.monotonic() + CATCH_UP_S
        while any(s.next_offset < ends[source.topic, p] for p, s in shards.items()):
            if time.monotonic() > give_up:
                raise Unavailable(f"This process has not read {source.topic} to its end yet.")
            await asyncio.sleep(PAUSE_S)
        return [
            Beginning(
                partition=partition,
                offset=shard.next_offset,
                epoch=shard.gate.epoch,
                owner=shard.gate.owner,
                next_seq=shard.gate.next_seq,
            )
            for partition, shard in shards.items()
        ]

    async def _of_public(self, source: SourceTopic, which: str) -> Sequence[Beginning]:
        offsets = await asyncio.to_thread(self._ask, source, which)
        return [Beginning(partition=p, offset=at, next_seq=at) for (_, p), at in offsets.items()]

    def _ask(self, source: SourceTopic, which: str) -> Mapping[ShardId, int]:
        watermarks = Watermarks(self._bootstrap)
        shards = [(source.topic, partition) for partition in range(source.partitions)]
        try:
            asked = watermarks.ends if which == "ends" else watermarks.beginnings
            return asked(shards)
        except KafkaException as error:
            raise Unavailable(f"Kafka does not say where {source.topic} ends.") from error
        finally:
            watermarks.close()

    async def last(self, source: SourceTopic, count: int) -> Sequence[Happening]:
        """See the port; of a log, records count that the gate may have refused."""
        messages = await asyncio.to_thread(self._last, source, count)
        if not source.gated:
            return messages_of(TYPE_FIELD)(messages)
        (category,) = (each for each in CATEGORIES if each.topic == source.topic)
        codec = Codec(category)
        return [each for message in messages for each in _events_in(codec, message)][-count:]

    def _last(self, source: SourceTopic, count: int) -> list[Message]:
        firsts, ends = self._ask(source, "beginnings"), self._ask(source, "ends")
        each = -(-count // source.partitions)
        starts = {shard: max(firsts[shard], end - each) for shard, end in ends.items()}
        unread = {shard for shard, start in starts.items() if start < ends[shard]}
        consumer = Consumer(consumer_config(self._bootstrap, GROUP))
        found: list[Message] = []
        give_up = time.monotonic() + READ_TIMEOUT_S
        try:
            consumer.assign([TopicPartition(*shard, starts[shard]) for shard in unread])
            while unread:
                if time.monotonic() > give_up:
                    raise Unavailable(f"Kafka does not give the last records of {source.topic}.")
                messages = what_there_is(consumer, count, POLL_S)
                found += [message for message in messages if message.error() is None]
                places = consumer.position([TopicPartition(*shard) for shard in unread])
                unread -= {(p.topic, p.partition) for p in places if _is_read(p, ends)}
        finally:
            consumer.close()
        return found


def _is_read(place: TopicPartition, ends: Mapping[ShardId, int]) -> bool:
    return place.offset >= ends[place.topic, place.partition]


def _events_in(codec: Codec, message: Message) -> Sequence[Happening]:
    value: Any = message.value()
    try:
        record = codec.decode(value or b"")
    except MalformedRecord:
        return ()
    if isinstance(record, Claim):
        return ()
    topic, partition = message.topic() or "", message.partition() or 0
    return [of_event(each) for each in recorded_events(topic, partition, record)]
