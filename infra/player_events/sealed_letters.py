"""Dead letters hold what games have said of people, so they are written sealed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from domain.events import Position
from domain.personal import Sealed, as_text
from domain.player_events.letters import DeadLetter, LetterRecord, read, subject_of
from infra.kafka.records import readable

SEALED_VALUE_BYTES = 180 * 1024
"""What is kept of a text that is sealed: it grows by a third, and has to fit like all letters."""

SEALED_REASON_BYTES = 2 * 1024


class PlainLetter(NamedTuple):
    """A letter before it is sealed."""

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str]

    @property
    def letter(self) -> DeadLetter:
        """What it says."""
        place = Position(self.topic, 0, 0)
        text, now = readable(self.value), datetime.now(UTC)
        letter = read(LetterRecord(place, self.key, text, self.headers, now))
        assert isinstance(letter, DeadLetter)
        return letter


def texts_of(letters: Sequence[DeadLetter]) -> list[tuple[str, str]]:
    """What has to be sealed of letters, each behind its subject: event and reason in turns."""
    return [
        (subject_of(letter), text)
        for letter in letters
        for text in (
            _cut(letter.original_event, SEALED_VALUE_BYTES),
            _cut(letter.error_message, SEALED_REASON_BYTES),
        )
    ]


def record_of_sealed(
    plain: PlainLetter, letter: DeadLetter, event: Sealed, reason: Sealed
) -> tuple[str, bytes, Mapping[str, str]]:
    """The key, value and headers of a letter that says to nobody but who has the key what it is."""
    headers = {"player": subject_of(letter), "reason": as_text(reason)}
    for name in ("position", "consumer"):
        if name in plain.headers:
            headers[name] = plain.headers[name]
    if letter.event_id is not None:
        headers["event_id"] = letter.event_id
    if len(plain.value) > SEALED_VALUE_BYTES:
        headers["cut"] = str(len(plain.value))
    return plain.key, as_text(event).encode(), headers


def _cut(text: str, most_bytes: int) -> str:
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")
