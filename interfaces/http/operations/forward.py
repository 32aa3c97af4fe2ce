"""What other processes of the API ask of this one, as the owner of shards.

ASGI functions for the same reason as in `waitroom.join`: a crowd that joins one room at several
processes comes in here. What this process does not own is not forwarded once more.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import msgspec
import structlog
from litestar.types import HTTPScope, Receive, Send

from application.envelopes import SECONDS_LEFT_HEADER, ForwardedVerdict
from application.ports.commands import Done, Envelope, LocalLog, Unavailable, Verdict
from application.ports.reading import ShardId
from interfaces.http.operations.commands import CommandEnvelope
from interfaces.http.platform.bodies import (
    KIB,
    decode_own,
    decoder_of,
    headers_of,
    read,
    require_json,
)
from interfaces.http.platform.problems import bad_request
from interfaces.http.platform.responses import JSON_BODY, respond
from interfaces.http.platform.services import services_in

LONGEST_WAIT_S = 30.0
"""Seconds that a process may wait for another."""

FORWARDED_LIMIT_BYTES = 16 * 1024 * KIB
"""Bytes of a crowd of commands. Each of them was let in by another process, under its own limit."""

ENCODER = msgspec.json.Encoder()
ENVELOPES_DECODER = decoder_of(list[CommandEnvelope])
SHARD_IDS_DECODER = decoder_of(list[ShardId])

SILENT = ForwardedVerdict.of(Unavailable("The owner of the shard did not answer in time."))
BROKEN = Unavailable("The owner of the shard could not decide the command; its log says why.")

logger = structlog.get_logger(__name__)


async def forwarded(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Decide commands here and answer with a verdict for each; raises `Problem`."""
    headers = _posted(scope)
    seconds = _seconds_left(headers.get(SECONDS_LEFT_HEADER.encode()))
    envelopes = decode_own(await read(receive, headers, FORWARDED_LIMIT_BYTES), ENVELOPES_DECODER)
    verdicts = await decide(services_in(scope).local, envelopes, seconds)
    await respond(send, 200, [JSON_BODY], ENCODER.encode(verdicts))


async def handover(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Let go of shards that the process which asks is to own; raises `Problem`."""
    headers = _posted(scope)
    shards = decode_own(await read(receive, headers), SHARD_IDS_DECODER)
    await services_in(scope).local.hand_over(shards)
    await respond(send, 200, [JSON_BODY], b"null")


def _posted(scope: HTTPScope) -> dict[bytes, bytes]:
    headers = headers_of(scope)
    require_json(headers)
    return headers


async def decide(
    log: LocalLog, envelopes: Sequence[Envelope], seconds: float
) -> list[ForwardedVerdict]:
    """The verdicts on commands, in their order; no answer for what takes longer than that."""
    verdicts = [SILENT] * len(envelopes)
    missing = len(envelopes)
    answered = asyncio.Event()

    def done(number: int, verdict: Verdict) -> None:
        nonlocal missing
        verdicts[number] = ForwardedVerdict.of(verdict)
        missing -= 1
        if not missing:
            answered.set()

    for number, envelope in enumerate(envelopes):
        _submit(log, envelope, partial(done, number))
    if missing:
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), seconds)
    return verdicts


def _submit(log: LocalLog, envelope: Envelope, done: Done) -> None:
    try:
        log.submit(envelope, done)
    except Exception:  # a bug in one decision must not keep the others from their answers
        logger.exception("command not decided", command_id=envelope.command_id)
        done(BROKEN)


def _seconds_left(header: bytes | None) -> float:
    try:
        seconds = float(header or b"")
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_WAIT_S:
        raise bad_request(
            "invalid-request", f"{SECONDS_LEFT_HEADER} takes seconds, up to {LONGEST_WAIT_S:g}."
        )
    return seconds
