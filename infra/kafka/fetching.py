"""Records in batches, from the shards that a consumer was assigned."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from confluent_kafka import Consumer, Message, TopicPartition

from application.ports.reading import ShardId

FULL_FETCH_RECORDS = 1_000
"""Who gets so many in one piece is behind, and waits for a full batch of them."""

Event = TypeVar("Event")
Event_co = TypeVar("Event_co", covariant=True)


class Fetched(NamedTuple, Generic[Event_co]):
    """What some records hold, where reading goes on behind them, and what the client complains of.

    `reached` names the shards from which something was read.
    """

    events: Sequence[Event_co] = ()
    reached: Mapping[ShardId, int] = {}
    errors: Sequence[Message] = ()


def assign(consumer: Consumer, offsets: Mapping[ShardId, int]) -> None:
    """Let a consumer fetch from these offsets on; what was fetched from others is gone."""
    consumer.assign([TopicPartition(*shard, at) for shard, at in offsets.items()])


def what_there_is(consumer: Consumer, limit: int, seconds: float) -> list[Message]:
    """Up to `limit` records, waiting at most so many seconds for the first and not for more.

    `Consumer.consume` would wait until there are so many, or the time is over.
    """
    first = consumer.poll(seconds)
    return [] if first is None else [first, *consumer.consume(limit - 1, 0)]


class Fetching(Generic[Event]):
    """How far one consumer has come in its shards. For one thread at a time.

    At the end of what is there, one batch comes `interval_s` after the other at the soonest; a lone
    record is read at once.
    """

    def __init__(
        self, decode: Callable[[Sequence[Message]], list[Event]], interval_s: float = 0.0
    ) -> None:
        self._decode = decode
        self._interval_s = interval_s
        self._read_at = time.monotonic()
        self._offsets: dict[ShardId, int] = {}
        self._unread: set[ShardId] = set()

    def begin(self, offsets: Mapping[ShardId, int]) -> None:
        """Take note that the consumer was assigned these shards, at these offsets."""
        self._offsets, self._unread = dict(offsets), set(offsets)

    def read(self, consumer: Consumer, limit: int, timeout: float) -> Fetched[Event]:
        """Up to `limit` records, waiting at most `timeout` seconds for the first."""
        first = consumer.poll(timeout)
        messages = [] if first is None else self._with_more(first, consumer, limit)
        records = [message for message in messages if message.error() is None]
        if not records:
            return Fetched(errors=messages)
        errors = [m for m in messages if m.error()] if len(records) < len(messages) else ()
        return Fetched(self._decode(records), self._advance(consumer, records), errors)

    def _with_more(self, first: Message, consumer: Consumer, limit: int) -> list[Message]:
        messages, more = [first], FULL_FETCH_RECORDS
        while more >= FULL_FETCH_RECORDS and len(messages) < limit:
            found = consumer.consume(limit - len(messages), 0)
            messages += found
            more = len(found)
        early_s = self._read_at + self._interval_s - time.monotonic()
        if early_s > 0 and len(messages) < limit:
            time.sleep(early_s)
            messages += consumer.consume(limit - len(messages), 0)
        self._read_at = time.monotonic()
        return messages

    def _advance(self, consumer: Consumer, records: Sequence[Message]) -> Mapping[ShardId, int]:
        """Take in how far what was read reaches; the shards that it is from."""
        if self._unread:  # the client may still tell where it was in them before
            self._unread -= {(each.topic() or "", each.partition() or 0) for each in records}
        places = [TopicPartition(*shard) for shard in self._offsets.keys() - self._unread]
        reached = {(p.topic, p.partition): p.offset for p in consumer.position(places)}
        # Of a partition that nothing was read from since it was assigned, this is negative.
        further = {s: offset for s, offset in reached.items() if offset > self._offsets[s]}
        self._offsets |= further
        return further
