"""Taking in what games report of their players: checked, given an id and a time, and appended."""

import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from application.door import are_sound, flaw
from application.validation import InvalidInput, MalformedInput, decode_whole, mistake_in
from domain.keys import are_plain, flaw_in_key
from domain.player_events.corrections import RESERVED
from domain.player_events.event import Name, PlayerEvent, Timestamp, nothing
from domain.player_events.scores import score_in
from domain.player_events.types import TYPES

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a game's clock may be ahead of ours."""

Data = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"type": "object"})]


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What a game says that a player did.

    `timestamp` is when, by the game's clock. With an `event_id` of its own, an event can be sent
    again and counts once.
    """

    event_type: Name
    player_id: Name
    game_id: Name
    timestamp: Timestamp
    data: Data = msgspec.field(default_factory=nothing)
    event_id: UUID | None = None


class InvalidEvent(InvalidInput, type="invalid-event"):
    """An event does not fit; `errors` says which field, and why."""


class MalformedEvent(MalformedInput, InvalidEvent):
    """The body is not JSON."""


class Intake:
    """Makes reports into events.

    `accept_unknown` lets in types that are not in `domain.player_events.types`. What happened
    longer than `oldest` ago is refused: what was counted long ago stays as it is. In the games of
    `players_score_in`, of which "*" is all, players report their own points. Names that are `known`
    have come in before, and may look like others.
    """

    def __init__(
        self,
        *,
        accept_unknown: bool,
        oldest: timedelta,
        players_score_in: Container[str] = (),
        known: Container[str] = (),
    ) -> None:
        self._accept_unknown = accept_unknown
        self._oldest = oldest
        self._players_score_in = players_score_in
        self._known = known
        self._ends = _random_ends()
        self._decoders: Mapping[str, msgspec.json.Decoder[Any]] = {
            name: msgspec.json.Decoder(type) for name, type in TYPES.items()
        }

    def take(
        self, reports: Sequence[Report], now: datetime, *, trusted: bool = False
    ) -> list[PlayerEvent | InvalidEvent]:
        """An event for each report, in the same order, or what is wrong with it.

        `now` is the time of ingestion, for all of them. `trusted` says that who reports is none of
        the players.
        """
        names = [n for r in reports for n in (r.event_type, r.player_id, r.game_id)]
        texts = [bytes(report.data) for report in reports]
        check = self._check if are_plain(names) and are_sound(texts) else self._check_all
        earliest, latest, begin = now - self._oldest, now + CLOCK_TOLERANCE, _beginning(now)
        taken: list[PlayerEvent | InvalidEvent] = []
        for report, data in zip(reports, texts, strict=True):
            try:
                check(report, data, earliest, latest)
                if not trusted:
                    self._check_points(report)
            except InvalidEvent as invalid:
                taken.append(invalid)
                continue
            given = report.event_id
            taken.append(
                PlayerEvent(
                    event_id=begin + next(self._ends) if given is None else str(given),
                    event_type=report.event_type,
                    player_id=report.player_id,
                    game_id=report.game_id,
                    timestamp=report.timestamp,
                    ingested_at=now,
                    data=report.data,
                    minted=given is None,
                )
            )
        return taken

    def take_one(self, report: Report, now: datetime, *, trusted: bool = False) -> PlayerEvent:
        """The event of one report; raises `InvalidEvent`."""
        (taken,) = self.take((report,), now, trusted=trusted)
        if isinstance(taken, InvalidEvent):
            raise taken
        return taken

    def _check(self, report: Report, data: bytes, earliest: datetime, latest: datetime) -> None:
        """Everything but what is looked at in all reports at once."""
        decoder = self._decoders.get(report.event_type)
        if decoder is None:
            self._check_unknown(report)
        else:
            try:
                decode_whole(data, decoder)
            except msgspec.ValidationError as error:
                raise InvalidEvent(*mistake_in(error, "$.data")) from None
        if not earliest < report.timestamp < latest:
            raise InvalidEvent("$.timestamp", _outside(report.timestamp, earliest, latest))

    def _check_all(self, report: Report, data: bytes, earliest: datetime, latest: datetime) -> None:
        for field in ("event_type", "player_id", "game_id"):
            name = getattr(report, field)
            if name not in self._known and (wrong := flaw_in_key(name)):
                raise InvalidEvent(f"$.{field}", wrong)
        if wrong := flaw(data):
            raise InvalidEvent("$.data", wrong)
        self._check(report, data, earliest, latest)

    def _check_points(self, report: Report) -> None:
        """Keep players from making points up: their programs are in their own hands."""
        allowed = self._players_score_in
        if report.game_id in allowed or "*" in allowed:
            return
        if score_in(report.event_type, report.data):
            raise InvalidEvent(
                "$.data.score",
                f"Points of {report.game_id!r} are taken from services only: let the game's server "
                "report them, or name the game in GAMEHALL_PLAYERS_SCORE_IN",
            )

    def _check_unknown(self, report: Report) -> None:
        if report.event_type.startswith(RESERVED):
            raise InvalidEvent(
                "$.event_type", f"Types that begin with {RESERVED!r} are Gamehall's own"
            )
        if not self._accept_unknown:
            raise InvalidEvent(
                "$.event_type",
                f"{report.event_type!r} is none of the known types, which are {', '.join(TYPES)}",
            )
        if bytes(report.data).lstrip()[:1] != b"{":
            raise InvalidEvent("$.data", "Expected `object`")


Read = TypeVar("Read")

decode = msgspec.json.Decoder(Report).decode


def read(decode: Callable[[bytes], Read], text: bytes) -> Read:
    """Decode JSON; raises `InvalidEvent`, with the field `$` where it is none at all."""
    try:
        return decode(text)
    except msgspec.ValidationError as error:
        raise InvalidEvent(*mistake_in(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedEvent("$", f"This is not JSON: {error}") from None


def decode_report(piece: bytes) -> Report:
    """Read one report; raises `InvalidEvent`."""
    return read(decode, piece)


def _outside(timestamp: datetime, earliest: datetime, latest: datetime) -> str:
    if timestamp >= latest:
        return (
            f"{timestamp.isoformat()} lies in the future;"
            f" a clock may be {CLOCK_TOLERANCE.seconds // 60} minutes ahead"
        )
    return f"{timestamp.isoformat()} is too long ago; events are taken since {earliest.isoformat()}"


# -- ids: UUIDs of version 7 (RFC 9562), which lie next to each other in an index ------------------


def _beginning(now: datetime) -> str:
    digits = f"{int(now.timestamp() * 1_000):012x}"
    return f"{digits[:8]}-{digits[8:]}-"


def _random_ends(at_once: int = 256) -> Iterator[str]:
    """The random part; a system call for each would cost more than all the rest."""
    while True:
        digits = os.urandom(9 * at_once).hex()
        for i in range(0, len(digits), 18):
            yield f"7{digits[i : i + 3]}-8{digits[i + 3 : i + 6]}-{digits[i + 6 : i + 18]}"
