"""What a dead letter becomes when it is repaired and published again."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec

from application.player_events.intake import Intake, InvalidEvent, Report, decode_report, read
from domain.player_events.corrections import RESERVED, replacing
from domain.player_events.event import PlayerEvent, Timestamp
from domain.player_events.letters import INGEST, DeadLetter, DeadLetterUnrepaired, event_in

NUL = "\0"
ANY_AGE = timedelta(days=36_500)

Fact = TypeVar("Fact")


class Repair(Report, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """An event as it should have been.

    Where the original can be read, its player, id and time of ingestion stay: they say which event
    it is, and need not be given.
    """

    ingested_at: Timestamp | None = None
    minted: bool | None = None


_decode = msgspec.json.Decoder(Repair).decode
_decode_event = msgspec.json.Decoder(PlayerEvent).decode


def decode_repair(text: bytes) -> Repair:
    """Read a repaired event; raises `InvalidEvent`."""
    return read(_decode, text)


class Repairing:
    """Checks what is edited, and makes the records that a retry publishes.

    What was refused goes through `intake`, as if a player had just reported it: that a service did
    is not kept. Whoever edits it vouches for its points. What was recorded may be of any time and
    type, and keeps its names: it was taken in long ago.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def edited(self, letter: DeadLetter, repair: Repair) -> msgspec.Raw:
        """The JSON that takes the original's place; raises `InvalidEvent`."""
        edited = self._report(repair) if _was_refused(letter) else self._event(letter, repair)
        return msgspec.Raw(msgspec.json.encode(edited))

    def _report(self, repair: Repair) -> Report:
        if repair.ingested_at is not None:
            raise InvalidEvent("$.ingested_at", "What was refused has not been taken in before")
        self._intake.take_one(repair, datetime.now(UTC), trusted=True)
        return Report(**{name: getattr(repair, name) for name in Report.__struct_fields__})

    def _event(self, letter: DeadLetter, repair: Repair) -> PlayerEvent:
        original = event_in(letter.original_event)
        intake = Intake(accept_unknown=True, oldest=ANY_AGE, known=_names_in(original))
        event = intake.take_one(repair, datetime.now(UTC), trusted=True)
        if original is None:
            # Three consumers have a letter of it; the same repair of each has to be one event.
            id = repair.event_id or _id_of(letter.position or letter.id)
            taken = repair.ingested_at or repair.timestamp
            return msgspec.structs.replace(event, event_id=str(id), ingested_at=taken, minted=False)
        return msgspec.structs.replace(
            event,
            event_id=_same_id(original, repair),
            player_id=_same_player(original, repair),
            ingested_at=_same("ingested_at", original.ingested_at, repair.ingested_at),
            minted=original.minted,
        )

    def record(self, letter: DeadLetter, by: str, now: datetime) -> tuple[datetime, PlayerEvent]:
        """When the event of a letter happened, and the record that is published for it.

        That of what was refused is the event itself, of everything else the correction that puts
        the event in its own place. Raises `DeadLetterUnrepaired`.
        """
        text = (letter.edited_event or letter.original_event).encode()
        try:
            refused = _was_refused(letter)
            event = self._taken(letter, text, now) if refused else read(_decode_event, text)
        except InvalidEvent as error:
            raise DeadLetterUnrepaired(
                f"The dead letter {letter.id} cannot be retried as it is; edit it first. "
                f"{error.field}: {error}."
            ) from None
        if refused or event.event_type.startswith(RESERVED):
            return event.happened_at, event
        return event.happened_at, replacing(event, by=by, event_id=str(uuid4()), at=now)

    def _taken(self, letter: DeadLetter, text: bytes, now: datetime) -> PlayerEvent:
        report = decode_report(text)
        event = self._intake.take_one(report, now, trusted=letter.edited_event is not None)
        if report.event_id is not None:
            return event
        # However often it is retried, it is one event.
        return msgspec.structs.replace(event, event_id=str(_id_of(letter.id)), minted=False)


def _names_in(event: PlayerEvent | None) -> list[str]:
    """The names that tables hold, and that stay whatever they look like."""
    names = [event.event_type, event.player_id, event.game_id] if event else []
    return [name for name in names if NUL not in name]


def _was_refused(letter: DeadLetter) -> bool:
    return letter.consumer_service == INGEST


def _id_of(place: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:gamehall:dead-letter:{place}")


def _same_id(original: PlayerEvent, repair: Repair) -> str:
    """The id of the original; or another, where the original's is no UUID and no table takes it."""
    try:
        _same("event_id", UUID(original.event_id), repair.event_id)
    except ValueError:
        return str(repair.event_id or _id_of(f"{original.player_id}/{original.event_id}"))
    return original.event_id


def _same_player(original: PlayerEvent, repair: Repair) -> str:
    """The player of the original; or another, where no table holds one of that name."""
    if NUL in original.player_id:
        return repair.player_id
    return _same("player_id", original.player_id, repair.player_id)


def _same(field: str, recorded: Fact, given: Fact | None) -> Fact:
    if given is not None and given != recorded:
        raise InvalidEvent(f"$.{field}", f"It stays {recorded}, which says what event this is")
    return recorded
