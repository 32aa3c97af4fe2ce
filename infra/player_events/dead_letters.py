"""The topics of players' dead letters: read as a whole, and decisions appended to them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from confluent_kafka import Message
from msgspec.structs import replace

from application.ports.commands import Unavailable
from domain.events import Position
from domain.player_events.letters import (
    NO_EVENT,
    TOPICS,
    DeadLetter,
    Decision,
    LetterRecord,
    Verb,
    subject_of,
)
from infra.kafka.append import AppendFailed, NewRecord, append_durably
from infra.kafka.reader import TopicReader
from infra.kafka.records import readable
from infra.subjects.sealing import BlockingSeals

DELIVERY_TIMEOUT_S = 10

logger = structlog.get_logger(__name__)


def letter_reader(
    bootstrap: str, group: str, topics: Sequence[str] = TOPICS
) -> TopicReader[LetterRecord]:
    """What reads the topics of players' dead letters."""
    return TopicReader(bootstrap, group, {topic: topic for topic in topics}, letters_in)


def letters_in(records: Sequence[Message]) -> list[LetterRecord]:
    """The letters that some records of the topics are, and the decisions about them."""
    return [_record(message) for message in records]


def _record(message: Message) -> LetterRecord:
    position = Position(message.topic() or "", message.partition() or 0, message.offset() or 0)
    headers: Mapping[str, Any] = dict(message.headers() or ())
    return LetterRecord(
        position,
        readable(message.key()),
        readable(message.value()),
        {name: readable(value) for name, value in headers.items()},
        datetime.fromtimestamp(message.timestamp()[1] / 1_000, UTC),
    )


class LoggedLetters:
    """Where records go that are no dead letters: to the worker's log; they stay in their topic."""

    def send(self, event: LetterRecord, reason: str) -> None:
        """See `ports.projections.DeadLetterSink`."""
        logger.error("a record is no dead letter", position=str(event.position), reason=reason)

    def flush(self) -> None:
        """Nothing is on its way."""

    def forget(self, subject: str) -> None:
        """Records of no letter tell nothing but where they are."""


def decision_record(letter: DeadLetter, verb: Verb, decision: Decision) -> NewRecord:
    """How a decision is written, behind the letter that it is about."""
    topic, partition, _ = letter.id.split("/")
    headers = [("decision", verb), ("letter", letter.id)]
    value = msgspec.json.encode(decision)
    return NewRecord(topic, letter.key, value, int(partition), headers)


class DecisionTopics:
    """Appends decisions, with what they say sealed; implements `dead_letters.Decisions`. Blocking.

    `seals` makes what seals them, for each call.
    """

    def __init__(self, bootstrap: str, seals: Callable[[], BlockingSeals]) -> None:
        self._bootstrap = bootstrap
        self._seals = seals

    def append(self, verb: Verb, decided: Sequence[tuple[DeadLetter, Decision]]) -> list[Position]:
        """See the port."""
        try:
            sealed = self._sealed(decided)
            records = [decision_record(letter, verb, said) for letter, said in sealed]
            return append_durably(self._bootstrap, records, DELIVERY_TIMEOUT_S)
        except AppendFailed as error:
            raise Unavailable(f"Kafka did not take the decision: {error.reason}.") from error

    def _sealed(
        self, decided: Sequence[tuple[DeadLetter, Decision]]
    ) -> list[tuple[DeadLetter, Decision]]:
        edited = [(letter, said) for letter, said in decided if bytes(said.event)]
        if not edited:
            return [*decided]
        texts = [(subject_of(letter), bytes(said.event).decode()) for letter, said in edited]
        with closing(self._seals()) as seals:
            sealed = iter(seals.seal_all(texts))
        return [
            (
                letter,
                replace(said, event=NO_EVENT, sealed=next(sealed)) if bytes(said.event) else said,
            )
            for letter, said in decided
        ]
