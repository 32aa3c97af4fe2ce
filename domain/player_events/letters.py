"""Dead letters of players' events: what could not be taken, and what was decided about it.

Each service that sets events aside has a topic of them. Decisions are records of the same topic,
behind the letter that they are about, so what is known of a letter is a fold of one partition.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from domain.events import Position
from domain.keys import MOST_KEY_CHARACTERS
from domain.personal import Sealed, as_text, sealed_in
from domain.player_events.corrections import REPLACED, replacement
from domain.player_events.event import PlayerEvent
from domain.refusals import Refusal

INGEST = "ingest"
"""The API, which sets aside what it refused, as it came."""

CONSUMERS = ("event-archive", "leaderboards", "player-statistics")
"""Who sets aside events that stand in the log of players' events."""

TOPICS = tuple(f"{service}.dlq" for service in (INGEST, *CONSUMERS))

LetterStatus = Literal["open", "retried", "dropped"]
Verb = Literal["edit", "retry", "drop"]
ENDS: Mapping[Verb, LetterStatus] = {"retry": "retried", "drop": "dropped"}


class DeadLetterNotFound(Refusal, type="dead-letter-not-found", status=404):
    """There is no such dead letter."""


class DeadLetterDecided(Refusal, type="dead-letter-decided"):
    """The dead letter has been retried or dropped."""


class DeadLetterUnrepaired(Refusal, type="dead-letter-unrepaired", status=422):
    """The event of the dead letter cannot be taken as it is, and has to be edited first."""


class LetterRecord(NamedTuple):
    """A record of a topic of dead letters, at its place; its bytes are read as text."""

    position: Position
    key: str
    value: str
    headers: Mapping[str, str]
    at: datetime


NO_EVENT = msgspec.Raw(b"")
"""Of a decision that changes none; not written. (msgspec reads no `Raw | None`.)"""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a decision's record holds; its headers `decision` and `letter` say which, about what.

    `attempt` is the letter's number of attempts as who decided saw it. `event` is the JSON of the
    event as it was edited, also where that is what was retried; in a topic it is `sealed`.
    """

    by: str
    attempt: int
    event: msgspec.Raw = NO_EVENT
    sealed: Sealed | None = None


class Decided(NamedTuple):
    """A decision as it was read."""

    letter_id: str
    verb: Verb
    decision: Decision
    at: datetime


class DeadLetter(msgspec.Struct, kw_only=True):
    """An event that a service could not take, and what became of it.

    `original_event` is the text that the service was given, which may be no JSON. `position` is
    where the event stands in the log of players' events; what was refused stands nowhere. `key` is
    that of the record: the player, or who reported what was refused. `attempts` counts how often
    the service was given the event at another place of the log; a repetition is none.
    `edited_event` is the JSON of what takes the original's place.
    """

    id: str
    consumer_service: str
    key: str
    player_id: str
    event_id: str | None = None
    original_event: str
    error_message: str
    position: str | None = None
    created_at: datetime
    attempts: int = 1
    status: LetterStatus = "open"
    edited_event: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What two failures of the same event have in common."""
        return self.consumer_service, self.player_id, self.event_id or self.position or self.id

    def fail(self, again: "DeadLetter") -> None:
        """Take in another failure of the same event; one at the same place is a repetition."""
        if again.position is not None and _comes_after(again.position, self.position):
            self.position, self.error_message = again.position, again.error_message
            self.attempts += 1
            self.status = "open"

    def decide(self, decided: Decided) -> None:
        """Take in a decision. The first that ends a letter counts; a later failure reopens it."""
        if self.status != "open":
            return
        self.decided_by, self.decided_at = decided.decision.by, decided.at
        if edited := bytes(decided.decision.event):
            self.edited_event = edited.decode()
        elif decided.decision.sealed is not None:
            self.edited_event = as_text(decided.decision.sealed)
        if decided.decision.attempt == self.attempts:
            self.status = ENDS.get(decided.verb, "open")


def _comes_after(position: str, other: str | None) -> bool:
    return other is None or Position.parse(position) > Position.parse(other)


# -- records ---------------------------------------------------------------------------------------


FORGOTTEN = "Whom it is about has been erased, and with them what it said."

UNREADABLE = (msgspec.DecodeError, RecursionError)
"""What a text that is no event, or is too deep for one, makes the decoder raise."""


class _Reported(msgspec.Struct):
    player_id: str


def read(record: LetterRecord) -> DeadLetter | Decided:
    """What a record says; raises `ValueError` for a decision that is none."""
    if "decision" in record.headers:
        return _decided(record)
    topic, partition, offset = record.position
    letter = DeadLetter(
        id=f"{topic}/{partition}/{offset}",
        consumer_service=topic.removesuffix(".dlq"),
        key=record.key,
        player_id=record.key,
        original_event=record.value,
        error_message=record.headers.get("reason", ""),
        created_at=record.at,
    )
    if sealed_in(record.value) is not None:
        letter.player_id = record.headers.get("player", record.key)
        letter.event_id = record.headers.get("event_id")
        letter.position = _canonical(record.headers.get("position"))
        return letter
    if letter.consumer_service == INGEST:
        return _of_ingest(letter, record.headers.get("field", "$"))
    return _of_consumer(letter, record.headers.get("position"))


def _of_ingest(letter: DeadLetter, field: str) -> DeadLetter:
    letter.error_message = f"{field}: {letter.error_message}"
    with suppress(*UNREADABLE):  # then who reported it is all that is known
        reported = msgspec.json.decode(letter.original_event.encode(), type=_Reported)
        letter.player_id = reported.player_id.replace("\0", "\ufffd")  # which no table holds
    return letter


def _of_consumer(letter: DeadLetter, position: str | None) -> DeadLetter:
    letter.position = _canonical(position)
    event = event_in(letter.original_event)
    if event is not None and event.event_type == REPLACED:
        with suppress(msgspec.ValidationError):  # then it replaces nothing, and is what it is about
            event = _without_place(replacement(event))  # a repaired event that failed again
            letter.original_event = msgspec.json.encode(event).decode()
    if event is not None and "\0" not in event.event_id:  # which no table holds, and is no id
        letter.event_id = event.event_id
    return letter


def _canonical(position: str | None) -> str | None:
    return None if position is None else str(Position.parse(position))


def subject_of(letter: DeadLetter) -> str:
    """Whose texts a letter holds: the player's, or where nobody is named, who reported it."""
    named = letter.player_id
    return named if 0 < len(named) <= MOST_KEY_CHARACTERS else letter.key[:MOST_KEY_CHARACTERS]


def unsealed(letter: DeadLetter, open: Callable[[Sealed], str | None]) -> DeadLetter:
    """A letter as people may read it; of somebody who has been erased, without what it said."""
    letter.original_event = _opened(letter.original_event, open) or ""
    letter.error_message = _opened(letter.error_message, open) or FORGOTTEN
    if letter.edited_event is not None:
        letter.edited_event = _opened(letter.edited_event, open)
    return letter


def _opened(text: str, open: Callable[[Sealed], str | None]) -> str | None:
    sealed = sealed_in(text)
    return text if sealed is None else open(sealed)


def event_in(text: str) -> PlayerEvent | None:
    """The event that a text is, or None."""
    try:
        return msgspec.json.decode(text.encode(), type=PlayerEvent)
    except UNREADABLE:
        return None


def _without_place(event: PlayerEvent) -> PlayerEvent:
    return msgspec.structs.replace(event, partition=-1, offset=-1)


def _decided(record: LetterRecord) -> Decided:
    verb = msgspec.convert(record.headers["decision"], Verb)
    decision = msgspec.json.decode(record.value.encode(), type=Decision)
    return Decided(record.headers.get("letter", ""), verb, decision, record.at)


def fold(known: Iterable[DeadLetter], news: Iterable[DeadLetter | Decided]) -> Sequence[DeadLetter]:
    """The letters that are new or others than before; `known` are those that `news` is about."""
    letters = {letter.identity: letter for letter in known}
    by_id = {letter.id: letter for letter in letters.values()}
    changed = {letter.id: letter for letter in _changed(letters, by_id, news)}
    return list(changed.values())


def _changed(
    letters: dict[tuple[str, str, str], DeadLetter],
    by_id: dict[str, DeadLetter],
    news: Iterable[DeadLetter | Decided],
) -> Iterator[DeadLetter]:
    for each in news:
        if isinstance(each, Decided):
            if each.letter_id in by_id:  # Kafka may have lost the letter before the decision
                by_id[each.letter_id].decide(each)
                yield by_id[each.letter_id]
        elif each.identity in letters:
            letters[each.identity].fail(each)
            yield letters[each.identity]
        else:
            letters[each.identity] = by_id[each.id] = each
            yield each
