"""Records of any topic, as a person reads and writes them: the hands of `gamehall topics`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Message, TopicPartition

from domain.events import Position
from infra.errors import SetupError
from infra.kafka.append import AppendFailed, NewRecord, append_durably
from infra.kafka.clients import TO_THE_END, connection
from infra.kafka.quiet_logger import QUIET
from infra.kafka.topics import metadata_of, own_settings

TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a person wants to see it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: str | None
    value: str | None
    headers: dict[str, str]


def describe(bootstrap: str, name: str) -> dict[str, Any]:
    """Tell a topic's settings that differ from the broker's, and where each partition ends."""
    topic = metadata_of(bootstrap, name)
    reader = _reader(bootstrap)
    try:
        ranges = {number: _range(reader, name, number) for number in sorted(topic.partitions)}
    finally:
        reader.close()
    partitions = [
        {
            "partition": number,
            "leader": topic.partitions[number].leader,
            "replicas": topic.partitions[number].replicas,
            "first": first,
            "end": end,
        }
        for number, (first, end) in ranges.items()
    ]
    return {"topic": name, "config": own_settings(bootstrap, name), "partitions": partitions}


def produce(
    bootstrap: str, name: str, records: Iterable[tuple[str | None, str]]
) -> list[tuple[int, int]]:
    """Append records and give the partition and offset of each, in order of arrival."""
    metadata_of(bootstrap, name)
    new = (NewRecord(name, key, value.encode()) for key, value in records)
    try:
        arrived = append_durably(bootstrap, new, TIMEOUT_S, logger=QUIET)
    except AppendFailed as error:
        raise SetupError(
            f"{error.count} records did not reach the topic {name}: {error.reason}."
        ) from error
    return [(position.partition, position.seq) for position in arrived]


def consume(bootstrap: str, name: str, *, limit: int | None, follow: bool) -> Iterator[Record]:
    """Read a topic from its beginning up to its end now, or on and on."""
    unread = set(metadata_of(bootstrap, name).partitions)
    reader = _reader(bootstrap, **({} if follow else TO_THE_END))
    try:
        reader.assign([TopicPartition(name, number, OFFSET_BEGINNING) for number in unread])
        given = 0
        while (follow or unread) and (limit is None or given < limit):
            message = reader.poll(0.5)
            if message is None:
                continue
            if message.error():
                unread.discard(_ended(message))
            else:
                given += 1
                yield _record(message)
    finally:
        reader.close()


def record_at(bootstrap: str, position: Position) -> Record:
    """The record at a place by offset; raises `SetupError` where there is none."""
    metadata_of(bootstrap, position.topic)
    reader = _reader(bootstrap)
    try:
        reader.assign([TopicPartition(*position)])
        message = reader.poll(TIMEOUT_S)
        if message is None or message.error() or message.offset() != position.seq:
            raise SetupError(f"There is no record at {position}.")
        return _record(message)
    finally:
        reader.close()


def _ended(message: Message) -> int | None:
    error = message.error()
    assert error is not None
    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its only, and public, name
        return message.partition()
    raise SetupError(f"Kafka could not read the topic {message.topic()}: {error.str()}.")


def _record(message: Message) -> Record:
    return Record(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
        key=_text(message.key()),
        value=_text(message.value()),
        headers={name: _text(value) or "" for name, value in dict(message.headers() or {}).items()},
    )


def _text(data: str | bytes | None) -> str | None:
    return data.decode(errors="replace") if isinstance(data, bytes) else data


def readable(data: bytes | str | None) -> str:
    """Bytes as a text that PostgreSQL holds, which knows no NUL."""
    text = data if isinstance(data, str) else (data or b"").decode(errors="replace")
    return text.replace("\0", "\ufffd")


def _reader(bootstrap: str, **config: Any) -> Consumer:
    # The client insists on a group; nothing joins or commits to it.
    return Consumer(
        {
            **connection(bootstrap),
            "group.id": "gamehall-cli",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            **config,
        },
        logger=QUIET,
    )


def _range(reader: Consumer, name: str, partition: int) -> tuple[int, int]:
    first, end = reader.get_watermark_offsets(TopicPartition(name, partition), TIMEOUT_S)
    return first, end
