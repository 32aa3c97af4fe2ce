"""Taking in what players do: the address that game servers ask ten thousand times a second.

ASGI functions, as for joining: what request, dependencies and response objects would cost is more
than the work itself. What is left out is done here by hand and documented by `report_documented`
and `report_batch_documented`.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec
from litestar import post
from litestar.params import JSONBody
from litestar.types import HTTPScope, Receive, Send

from application.door import PIECES_LIMIT, items_of
from application.player_events.intake import Intake, InvalidEvent, Report, decode_report
from application.player_events.ports import FailedEvent, PlayerEventLog
from application.ports.limits import Limited, Limits
from domain.player_events.event import PlayerEvent
from interfaces.http.platform.auth import acting_as, is_trusted
from interfaces.http.platform.bodies import (
    BATCH_LIMIT_BYTES,
    BODY_LIMIT_BYTES,
    JSON_TYPE,
    Request,
    headers_of,
    read,
    require_json,
)
from interfaces.http.platform.command_context import TRACEPARENT_PATTERN, usable
from interfaces.http.platform.encodings import decoded
from interfaces.http.platform.problems import (
    InvalidField,
    Problem,
    bad_request,
    documented,
    invalid_field,
)
from interfaces.http.platform.responses import JSON_BODY, respond
from interfaces.http.platform.routes import command
from interfaces.http.platform.services import services_in
from interfaces.tokens import Identity

PATH = "/api/v1/events"
BATCH_PATH = f"{PATH}/batch"
NDJSON = b"application/x-ndjson"

Headers = Mapping[bytes, bytes]


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """An event that all replicas in sync have."""

    status: Literal["success"] = "success"
    event_id: str
    ingested_at: datetime


class EventResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event of a batch: it has an id, or `errors`."""

    status: Literal["accepted", "refused"]
    event_id: str | None = None
    errors: list[InvalidField] = []


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch: how many events were taken, and of each in order."""

    accepted: int
    refused: int
    ingested_at: datetime
    results: list[EventResult]


class Ingestion(NamedTuple):
    """Where events go: through the intake, within the limits of each subject, into the log.

    `keep_failed` says whether what is refused is kept as a dead letter.
    """

    intake: Intake
    log: PlayerEventLog
    limits: Limits
    keep_failed: bool


TURN_PIECES = 500
"""How many are looked at one by one before others get their turn; some milliseconds."""

MOST_COMMAS = 8 * PIECES_LIMIT
"""In an array that is read in one go, which an event loop waits for: so many more items there may
be. Events that fit are not counted like that."""

COMMON_EVENT_BYTES = 128
"""By which the items of an array that has to be cut are estimated."""

ONE = msgspec.json.Decoder(Report)
MANY = msgspec.json.Decoder(list[Report])
PIECES = msgspec.json.Decoder(list[msgspec.Raw])
encode = msgspec.json.Encoder().encode


async def report(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Take one event; raises `Problem`, `InvalidEvent`, `Limited` and `Unavailable`."""
    headers = headers_of(scope)
    require_json(headers)
    body = decoded(await read(receive, headers), headers, BODY_LIMIT_BYTES)
    ingestion, identity = services_in(scope).part(Ingestion), scope["user"]
    await ingestion.limits.admit(identity.user_id)
    now, trace = datetime.now(UTC), usable(TRACEPARENT_PATTERN, headers, b"traceparent")
    try:
        asked = decode_report(body)
        acting_as(identity, asked.player_id)
        event = ingestion.intake.take_one(asked, now, trusted=is_trusted(identity))
    except InvalidEvent as error:
        if ingestion.keep_failed:
            failed = FailedEvent(body, error.field, str(error), identity.user_id)
            await ingestion.log.append((), (failed,), trace)
        raise
    position = await ingestion.log.append((event,), (), trace)
    answer = encode(Ingested(event_id=event.event_id, ingested_at=now))
    await respond(send, 200, [JSON_BODY, (b"position", str(position).encode())], answer)


async def report_batch(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Take many events; raises `Problem`, `Limited` and `Unavailable`."""
    headers = headers_of(scope)
    lines = _comes_in_lines(headers)
    ingestion, identity = services_in(scope).part(Ingestion), scope["user"]
    log = ingestion.log
    with log.reserve(_declared(headers)):
        pass  # there is some; to wait for a slow client is no reason to keep it from others
    body = decoded(await read(receive, headers, BATCH_LIMIT_BYTES), headers, BATCH_LIMIT_BYTES)
    with log.reserve(len(body)):
        found = await _admitted(ingestion.limits, identity.user_id, body, lines=lines)
    trace = usable(TRACEPARENT_PATTERN, headers, b"traceparent")
    answer, arrived = _append(ingestion, identity, found, trace)
    del body, found  # not to be kept while Kafka takes its time
    await arrived
    await respond(send, 200, [JSON_BODY], answer)


def _declared(headers: Headers) -> int:
    """How long the body says it is; the longest there may be where it does not say."""
    declared = headers.get(b"content-length", b"")
    return min(int(declared), BATCH_LIMIT_BYTES) if declared.isdigit() else BATCH_LIMIT_BYTES


def _append(
    ingestion: Ingestion, identity: Identity, found: "Sequence[Piece]", trace: bytes | None
) -> tuple[bytes, Awaitable[object]]:
    """Hand over what fits; gives the answer, and what to wait for before it is one."""
    now = datetime.now(UTC)
    events, failures, results = _sort_out(ingestion.intake, identity, found, now)
    kept = failures if ingestion.keep_failed else ()
    arrived = ingestion.log.append(events, kept, trace)
    return _batch_answer(len(events), len(failures), now, results), arrived


CUTTING = ThreadPoolExecutor(1, "cutting")
"""Where an array that cannot be read in one go is cut, beside the event loop, which goes on. One
thread, so that what half a million items take is taken once: each thread would keep it."""

Piece = Report | tuple[bytes, InvalidEvent]
"""A report, or what stands in its place, and why it is none."""


async def _admitted(limits: Limits, subject: str, body: bytes, *, lines: bool) -> Sequence[Piece]:
    """What a body holds, once the limits let so much in; raises `Problem` and `Limited`.

    All at once where all fit. Otherwise each is looked at alone, which costs more, and is not begun
    before the limits were asked; others get their turn in between.
    """
    reports = _reports_in(body, lines=lines)
    if reports is not None:
        await _admit(limits, subject, reports)
        return reports
    pieces = _lines_of(body) if lines else _items_in(body)
    if pieces is None:
        pieces = await _cut(limits, subject, body)
    else:
        await _admit(limits, subject, pieces)
    found: list[Piece] = []
    for start in range(0, len(pieces), TURN_PIECES):
        found += [_found(bytes(piece)) for piece in pieces[start : start + TURN_PIECES]]
        await asyncio.sleep(0)
    return found


async def _admit(limits: Limits, subject: str, pieces: Sequence[object], admitted: int = 0) -> None:
    if len(pieces) > PIECES_LIMIT:
        raise Problem(413, "too-large", f"A batch here has at most {PIECES_LIMIT:,} events.")
    if len(pieces) > admitted:
        await limits.admit(subject, len(pieces) - admitted)


async def _cut(limits: Limits, subject: str, body: bytes) -> Sequence[bytes]:
    """The items of an array that cannot be read in one go; raises `Problem` and `Limited`.

    Nobody knows how many before it is cut, which costs by the byte: so many of a common size are
    asked for first, or all that there may be in a second.
    """
    admitted = len(body) // COMMON_EVENT_BYTES + 1
    try:
        await limits.admit(subject, admitted)
    except Limited as limited:
        if admitted <= limited.limit:
            raise
        admitted = limited.limit
        await limits.admit(subject, admitted)
    items = await asyncio.get_running_loop().run_in_executor(CUTTING, items_of, body)
    if items is None:
        raise bad_request("malformed-json", "The body is not JSON, nor an array of what might be.")
    await _admit(limits, subject, items, admitted)
    return items


def _reports_in(body: bytes, *, lines: bool) -> Sequence[Report] | None:
    """All reports of a body, or None where one of them does not fit, or is not JSON."""
    with suppress(msgspec.DecodeError, ValueError, RecursionError):
        return ONE.decode_lines(body) if lines else MANY.decode(body)
    return None


def _lines_of(body: bytes) -> Sequence[bytes]:
    """The lines of a body that are not empty, or all where they are too many."""
    lines = body.split(b"\n", PIECES_LIMIT + 1)
    return [line for line in lines if line.strip()] if len(lines) <= PIECES_LIMIT else lines


def _items_in(body: bytes) -> Sequence[msgspec.Raw] | None:
    """The items of a JSON array, or None where it has to be cut; raises `Problem` for others."""
    if body.count(b",") > MOST_COMMAS:
        return None
    try:
        return PIECES.decode(body)
    except msgspec.ValidationError as error:
        raise bad_request("invalid-request", f"A batch is an array of events: {error}.") from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _found(piece: bytes) -> Piece:
    try:
        return decode_report(piece)
    except InvalidEvent as error:
        return piece, error


Sorted = tuple[list[PlayerEvent], list[FailedEvent], list[bytes]]


def _sort_out(intake: Intake, identity: Identity, found: Sequence[Piece], now: datetime) -> Sorted:
    """The events that can be taken, those that cannot, and what is answered on each."""
    trusted, own = is_trusted(identity), identity.user_id
    events: list[PlayerEvent] = []
    failures: list[FailedEvent] = []
    results: list[bytes] = []
    reports = [each for each in found if isinstance(each, Report)]
    taken = iter(intake.take(reports, now, trusted=trusted))
    for each in found:
        event = next(taken) if isinstance(each, Report) else each[1]
        if isinstance(event, PlayerEvent):
            if trusted or event.player_id == own:
                events.append(event)
                results.append(b'{"status":"accepted","event_id":"%s"}' % event.event_id.encode())
                continue
            event = InvalidEvent("$.player_id", f"Your token speaks for {own!r} only")
        failures.append(_failure(each, event, own))
        wrong = invalid_field(event.field, str(event))
        results.append(encode(EventResult(status="refused", errors=[wrong])))
    return events, failures, results


def _failure(found: Piece, error: InvalidEvent, subject: str) -> FailedEvent:
    value = encode(found) if isinstance(found, Report) else found[0]
    return FailedEvent(value, error.field, str(error), subject)


def _batch_answer(accepted: int, refused: int, now: datetime, results: Iterable[bytes]) -> bytes:
    """`BatchResult` as JSON, put together from the pieces there are: half the time (measured)."""
    return b'{"accepted":%d,"refused":%d,"ingested_at":%s,"results":[%s]}' % (
        accepted,
        refused,
        encode(now),
        b",".join(results),
    )


def _comes_in_lines(headers: Headers) -> bool:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in {JSON_TYPE, NDJSON}:
        raise Problem(
            415,
            "unsupported-media-type",
            "A batch is a JSON array, application/json, or lines of JSON, application/x-ndjson.",
        )
    return kind == NDJSON


# -- for the OpenAPI document ----------------------------------------------------------------------


@command(PATH, "reportEvent", "Report an event", 403, 429)
async def report_documented(request: Request, data: JSONBody[Report]) -> Ingested:
    """Take in what a player did; the answer comes when all replicas in sync have it.

    Players report their own events, and no points but in games that a setting names.

    With an `event_id` of its own, an event that is sent again is stored and counted once. Without
    one, it gets one.
    """
    raise NotImplementedError("documents `report`, and is never served")


@post(
    BATCH_PATH,
    status_code=200,
    operation_id="reportEvents",
    summary="Report many events",
    responses=documented(400, 403, 413, 415, 429),
)
async def report_batch_documented(request: Request, data: JSONBody[list[Report]]) -> BatchResult:
    """Take in many events, up to 1 MiB; what is wrong with one does not stop the others.

    Also as lines of JSON (`application/x-ndjson`), and compressed (`Content-Encoding: gzip` or
    `zstd`), of which 1 MiB is what they unpack to.
    """
    raise NotImplementedError("documents `report_batch`, and is never served")
